import { alarmReader } from '#aws/alarms.ts';
import { callRecords } from '#aws/call-records.ts';
import { openTable } from '#aws/dynamodb.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { AlarmEvent } from '#core/promotion/alarm-notice.ts';
import { answerAlarms } from '#operations/canary/answer-alarms.ts';
import { confirmSuspicion } from '#operations/canary/confirm-suspicion.ts';
import { judge } from '#operations/canary/judge.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('roll-back', AlarmEvent, ({ connection, environment, log, clock }) => {
  const registry = openRegistry(connection, environment.REGISTRY_TABLE);
  const calls = callRecords(openTable(connection, environment.SESSIONS_TABLE));
  const services = environment.SERVICES;
  const judging = { ...registry, calls, clock, log };
  return answerAlarms({
    ...judging,
    alarms: alarmReader(connection),
    confirm: confirmSuspicion({ ...judging, judge: judge(judging), services }),
    services,
  });
});
