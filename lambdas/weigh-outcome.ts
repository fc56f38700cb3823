import { callRecords } from '#aws/call-records.ts';
import { openTable } from '#aws/dynamodb.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { pager } from '#aws/pages.ts';
import { sessionStore } from '#aws/session-store.ts';
import { SessionStreamEvent, sessionsOfChanges } from '#aws/session-stream.ts';
import { judgeCandidate } from '#operations/canary/judge-candidate.ts';
import { judge } from '#operations/canary/judge.ts';
import { routeOutcomes } from '#operations/outcomes/route-outcomes.ts';
import { watchHoldback } from '#operations/stable/watch-holdback.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('weigh-outcome', SessionStreamEvent, (parts) => {
  const { connection, environment, log, clock, by } = parts;
  const sessions = openTable(connection, environment.SESSIONS_TABLE);
  const ports = {
    ...openRegistry(connection, environment.REGISTRY_TABLE),
    sessions: sessionStore(sessions),
    calls: callRecords(sessions),
    pager: pager(connection, environment.PAGES_TOPIC_ARN),
    services: environment.SERVICES,
    org: environment.ORG,
    log,
    clock,
    by,
  };
  const judging = { ...ports, judge: judge(ports) };
  const judges = { judgeCandidate: judgeCandidate(judging), watchHoldback: watchHoldback(judging) };
  const route = routeOutcomes({ ...ports, ...judges });
  return async ({ Records }) => {
    await route(sessionsOfChanges(Records, log));
    return { batchItemFailures: [] };
  };
});
