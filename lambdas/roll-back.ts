import { callRecords } from '#aws/call-records.ts';
import { openTable } from '#aws/dynamodb.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { AlarmEvent } from '#core/promotion/alarm-notice.ts';
import { answerAlarms } from '#operations/canary/answer-alarms.ts';
import { judge } from '#operations/canary/judge.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('roll-back', AlarmEvent, ({ connection, environment, log, clock }) => {
  const registry = openRegistry(connection, environment.REGISTRY_TABLE);
  const calls = callRecords(openTable(connection, environment.SESSIONS_TABLE));
  return answerAlarms({
    ...registry,
    calls,
    judge: judge({ ...registry, calls, clock, log }),
    services: environment.SERVICES,
    log,
    clock,
  });
});
