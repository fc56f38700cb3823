import { openRegistry } from '#aws/open-registry.ts';
import { Promotion } from '#core/promotion/steps.ts';
import { countReplays } from '#operations/promotion/count-replays.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('replay', Promotion, ({ connection, environment }) =>
  countReplays(openRegistry(connection, environment.REGISTRY_TABLE)),
);
