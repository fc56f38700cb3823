import { openTable } from '#aws/dynamodb.ts';
import { headStore } from '#aws/head-store.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { Promotion } from '#core/promotion/steps.ts';
import { promote } from '#operations/promotion/promote-candidate.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('promote', Promotion, ({ connection, environment, now, by }) => {
  const registry = openTable(connection, environment.REGISTRY_TABLE);
  return promote({ heads: headStore(registry), promotions: promotionStore(registry), now, by });
});
