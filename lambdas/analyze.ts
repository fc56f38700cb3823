import { openTable } from '#aws/dynamodb.ts';
import { headStore } from '#aws/head-store.ts';
import { history } from '#aws/history.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { sessionStore } from '#aws/session-store.ts';
import { AnalyzeInput } from '#core/promotion/steps.ts';
import { analyze } from '#operations/canary/judge-canary.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('analyze', AnalyzeInput, ({ connection, environment, now, by }) => {
  const registry = openTable(connection, environment.REGISTRY_TABLE);
  return analyze({
    heads: headStore(registry),
    history: history(registry),
    sessions: sessionStore(openTable(connection, environment.SESSIONS_TABLE)),
    promotions: promotionStore(registry),
    services: environment.SERVICES,
    now,
    by,
  });
});
