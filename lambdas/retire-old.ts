import { openTable } from '#aws/dynamodb.ts';
import { headStore } from '#aws/head-store.ts';
import { pools } from '#aws/pools.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { releaseRegistry } from '#aws/release-registry.ts';
import { Promotion } from '#core/promotion/steps.ts';
import { retireOld } from '#operations/pool/retire-pools.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('retire-old', Promotion, ({ connection, environment }) => {
  const registry = openTable(connection, environment.REGISTRY_TABLE);
  return retireOld({
    heads: headStore(registry),
    releases: releaseRegistry(registry),
    promotions: promotionStore(registry),
    pools: pools(connection, environment.CLUSTER),
  });
});
