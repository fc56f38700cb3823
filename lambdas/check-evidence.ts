import { openRegistry } from '#aws/open-registry.ts';
import { Promotion } from '#core/promotion/steps.ts';
import { checkEvidence } from '#operations/promotion/check-evidence.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('check-evidence', Promotion, ({ connection, environment }) =>
  checkEvidence(openRegistry(connection, environment.REGISTRY_TABLE)),
);
