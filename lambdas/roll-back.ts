import { openTable } from '#aws/dynamodb.ts';
import { headStore } from '#aws/head-store.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { sessionStore } from '#aws/session-store.ts';
import { AlarmEvent } from '#core/promotion/alarm-notice.ts';
import { rollBack } from '#operations/canary/answer-alarms.ts';
import { abortPorts, pagePorts } from './entrance/compose.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('roll-back', AlarmEvent, (parts) => {
  const { connection, environment, log, now } = parts;
  const registry = openTable(connection, environment.REGISTRY_TABLE);
  return rollBack({
    heads: headStore(registry),
    sessions: sessionStore(openTable(connection, environment.SESSIONS_TABLE)),
    promotions: promotionStore(registry),
    services: environment.SERVICES,
    abort: (by) => abortPorts({ ...parts, by }),
    page: pagePorts(parts),
    log,
    now,
  });
});
