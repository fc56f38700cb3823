import { openTable } from '#aws/dynamodb.ts';
import { headStore } from '#aws/head-store.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { releaseEvidence } from '#aws/release-evidence.ts';
import { AbortInput } from '#core/promotion/steps.ts';
import { abort } from '#operations/promotion/abort-by-workflow.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('abort', AbortInput, ({ connection, environment, now, by }) => {
  const registry = openTable(connection, environment.REGISTRY_TABLE);
  return abort({
    heads: headStore(registry),
    evidence: releaseEvidence(registry),
    promotions: promotionStore(registry),
    now,
    by,
  });
});
