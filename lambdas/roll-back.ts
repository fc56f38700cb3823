import { alarmReader } from '#aws/alarms.ts';
import { artifactStore } from '#aws/artifact-store.ts';
import { openTable } from '#aws/dynamodb.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { pager } from '#aws/pages.ts';
import { sessionStore } from '#aws/session-store.ts';
import { AlarmEvent } from '#core/promotion/alarm-notice.ts';
import { answerAlarms } from '#operations/canary/answer-alarms.ts';
import { confirmSuspicion } from '#operations/canary/confirm-suspicion.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('roll-back', AlarmEvent, ({ connection, environment, log, clock, by }) => {
  const registry = openRegistry(connection, environment.REGISTRY_TABLE);
  const sessions = sessionStore(openTable(connection, environment.SESSIONS_TABLE));
  const services = environment.SERVICES;
  return answerAlarms({
    ...registry,
    sessions,
    part: artifactStore(connection, environment.ARTIFACT_BUCKET).get,
    pager: pager(connection, environment.PAGES_TOPIC_ARN),
    alarms: alarmReader(connection),
    confirm: confirmSuspicion({ ...registry, sessions, services, clock, log }),
    services,
    log,
    clock,
    by,
  });
});
