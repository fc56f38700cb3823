import { artifactStore } from '#aws/artifact-store.ts';
import { openTable } from '#aws/dynamodb.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { pager } from '#aws/pages.ts';
import { sessionStore } from '#aws/session-store.ts';
import { AlarmEvent } from '#core/promotion/alarm-notice.ts';
import { answerAlarms } from '#operations/canary/answer-alarms.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('roll-back', AlarmEvent, ({ connection, environment, log, clock, by }) =>
  answerAlarms({
    ...openRegistry(connection, environment.REGISTRY_TABLE),
    sessions: sessionStore(openTable(connection, environment.SESSIONS_TABLE)),
    part: artifactStore(connection, environment.ARTIFACT_BUCKET).get,
    pager: pager(connection, environment.PAGES_TOPIC_ARN),
    services: environment.SERVICES,
    log,
    clock,
    by,
  }),
);
