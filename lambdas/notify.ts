import { NotifyInput } from '#core/promotion/steps.ts';
import { notify } from '#operations/paging/page-end.ts';
import { pagePorts } from './entrance/compose.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('notify', NotifyInput, (parts) => notify(pagePorts(parts)));
