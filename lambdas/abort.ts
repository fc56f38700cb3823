import { openRegistry } from '#aws/open-registry.ts';
import { AbortInput } from '#core/promotion/steps.ts';
import { abortByWorkflow } from '#operations/promotion/abort-by-workflow.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('abort', AbortInput, ({ connection, environment, clock, by }) =>
  abortByWorkflow({ ...openRegistry(connection, environment.REGISTRY_TABLE), clock, by }),
);
