import { openTable } from '#aws/dynamodb.ts';
import { functions } from '#aws/functions.ts';
import { headStore } from '#aws/head-store.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { sessionStore } from '#aws/session-store.ts';
import { SessionStreamEvent, sessionsOfChanges } from '#aws/session-stream.ts';
import { functionName } from '#core/org/resource-names.ts';
import { createStableWatch } from '#operations/stable/watch-stable.ts';
import { createCandidateScale } from '#operations/canary/judge-candidate.ts';
import { weighOutcome } from '#operations/canary/judge-outcomes.ts';
import { abortPorts, pagePorts, stableStores } from './entrance/compose.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('weigh-outcome', SessionStreamEvent, (parts) => {
  const { connection, environment, log, now } = parts;
  const registry = openTable(connection, environment.REGISTRY_TABLE);
  const sessions = sessionStore(openTable(connection, environment.SESSIONS_TABLE));
  const shared = { sessions, promotions: promotionStore(registry), services: environment.SERVICES, log, now };
  const page = pagePorts(parts);
  const weigh = weighOutcome({
    heads: headStore(registry),
    weighCandidate: createCandidateScale({ ...shared, abort: abortPorts(parts), page }),
    watchStable: createStableWatch({
      ...shared,
      ...stableStores(registry),
      proveWarmth: () => functions(connection).ask(functionName('prove-warmth')),
      page,
      org: environment.ORG,
      by: parts.by,
    }),
  });
  // Every record was dealt with, or this throws and Lambda brings the whole batch again.
  return async ({ Records }) => {
    await weigh(sessionsOfChanges(Records, log));
    return { batchItemFailures: [] };
  };
});
