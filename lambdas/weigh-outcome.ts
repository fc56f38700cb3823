import { openTable } from '#aws/dynamodb.ts';
import { functions } from '#aws/functions.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { pager } from '#aws/pages.ts';
import { sessionStore } from '#aws/session-store.ts';
import { SessionStreamEvent, sessionsOfChanges } from '#aws/session-stream.ts';
import { functionName } from '#core/org/resource-names.ts';
import { judgeCandidate } from '#operations/canary/judge-candidate.ts';
import { judgeOutcomes } from '#operations/canary/judge-outcomes.ts';
import { watchStable } from '#operations/stable/watch-stable.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('weigh-outcome', SessionStreamEvent, (parts) => {
  const { connection, environment, log, clock, by } = parts;
  const ports = {
    ...openRegistry(connection, environment.REGISTRY_TABLE),
    sessions: sessionStore(openTable(connection, environment.SESSIONS_TABLE)),
    pager: pager(connection, environment.PAGES_TOPIC_ARN),
    proveWarmth: () => functions(connection).ask(functionName('prove-warmth')),
    services: environment.SERVICES,
    org: environment.ORG,
    log,
    clock,
    by,
  };
  const judge = judgeOutcomes({ ...ports, judgeCandidate: judgeCandidate(ports), watchStable: watchStable(ports) });
  // Every record was dealt with, or this throws and Lambda brings the whole batch again.
  return async ({ Records }) => {
    await judge(sessionsOfChanges(Records, log));
    return { batchItemFailures: [] };
  };
});
