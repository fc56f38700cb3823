import { callRecords } from '#aws/call-records.ts';
import { openTable } from '#aws/dynamodb.ts';
import { functions } from '#aws/functions.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { pager } from '#aws/pages.ts';
import { sessionStore } from '#aws/session-store.ts';
import { SessionStreamEvent, sessionsOfChanges } from '#aws/session-stream.ts';
import { functionName } from '#core/org/resource-names.ts';
import { judgeCandidate } from '#operations/canary/judge-candidate.ts';
import { judge } from '#operations/canary/judge.ts';
import { routeOutcomes } from '#operations/canary/route-outcomes.ts';
import { watchStable } from '#operations/stable/watch-stable.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('weigh-outcome', SessionStreamEvent, (parts) => {
  const { connection, environment, log, clock, by } = parts;
  const sessions = openTable(connection, environment.SESSIONS_TABLE);
  const ports = {
    ...openRegistry(connection, environment.REGISTRY_TABLE),
    sessions: sessionStore(sessions),
    calls: callRecords(sessions),
    pager: pager(connection, environment.PAGES_TOPIC_ARN),
    proveWarmth: () => functions(connection).ask(functionName('prove-warmth')),
    services: environment.SERVICES,
    org: environment.ORG,
    log,
    clock,
    by,
  };
  const judging = { ...ports, judge: judge(ports) };
  const route = routeOutcomes({ ...ports, judgeCandidate: judgeCandidate(judging), watchStable: watchStable(ports) });
  return async ({ Records }) => {
    await route(sessionsOfChanges(Records, log));
    return { batchItemFailures: [] };
  };
});
