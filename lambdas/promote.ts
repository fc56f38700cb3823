import { openRegistry } from '#aws/open-registry.ts';
import { Promotion } from '#core/promotion/steps.ts';
import { promoteCandidate } from '#operations/promotion/promote-candidate.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('promote', Promotion, ({ connection, environment, clock, by }) =>
  promoteCandidate({ ...openRegistry(connection, environment.REGISTRY_TABLE), clock, by }),
);
