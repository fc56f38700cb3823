import { openTable } from '#aws/dynamodb.ts';
import { releaseEvidence } from '#aws/release-evidence.ts';
import { Promotion } from '#core/promotion/steps.ts';
import { checkEvidence } from '#operations/promotion/check-evidence.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('check-evidence', Promotion, ({ connection, environment }) =>
  checkEvidence({ evidence: releaseEvidence(openTable(connection, environment.REGISTRY_TABLE)) }),
);
