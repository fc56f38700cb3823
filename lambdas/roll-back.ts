import { openTable } from '#aws/dynamodb.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { sessionStore } from '#aws/session-store.ts';
import { AlarmEvent } from '#core/promotion/alarm-notice.ts';
import { answerAlarms } from '#operations/canary/answer-alarms.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('roll-back', AlarmEvent, ({ connection, environment, log, clock }) =>
  answerAlarms({
    ...openRegistry(connection, environment.REGISTRY_TABLE),
    sessions: sessionStore(openTable(connection, environment.SESSIONS_TABLE)),
    services: environment.SERVICES,
    log,
    clock,
  }),
);
