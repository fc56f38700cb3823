import { openTable } from '#aws/dynamodb.ts';
import { functions } from '#aws/functions.ts';
import { headStore } from '#aws/head-store.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { sessionStore } from '#aws/session-store.ts';
import { sessionOfChange, SessionStreamEvent, type SessionStreamRecord } from '#aws/session-stream.ts';
import { functionName } from '#core/org/resource-names.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import { abortPorts, pagePorts } from '#lambdas/entrance/compose.ts';
import { lambdaHandler } from '#lambdas/entrance/handler.ts';
import type { Log } from '#lambdas/entrance/log.ts';
import { createStableWatch, stableStores } from './watch-stable.ts';
import { createCandidateScale } from './weigh-candidate.ts';

export interface WeighOutcomePorts {
  readonly heads: Pick<HeadStore, 'read'>;
  readonly weighCandidate: ReturnType<typeof createCandidateScale>;
  readonly watchStable: (head: Head) => Promise<void>;
  readonly log: Log;
}

/** Every record was dealt with; a failure throws, and Lambda brings the whole batch again. */
interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * The in-band path to the flip: the outcome of the deciding call brings the analysis and the write. Start rows matter, too:
 * an open call holds its place in the order.
 */
export const weighOutcome =
  ({ heads, weighCandidate, watchStable, log }: WeighOutcomePorts) =>
  async ({ Records }: SessionStreamEvent): Promise<BatchAnswer> => {
    for (const changes of bySet(Records, log)) {
      const [first] = changes;
      if (first === undefined) continue;
      const { service, set } = first.assignment;
      const head = await heads.read(service, set);
      if (head === undefined) continue;
      if (head.candidate) await weighCandidate(head, head.candidate, changes);
      if (changes.some((change) => endedOnStable(change, head))) await watchStable(head);
    }
    return { batchItemFailures: [] };
  };

const endedOnStable = ({ assignment, result }: SessionRecord, head: Head): boolean =>
  result !== undefined && assignment.release === head.stable && !assignment.probe;

/** Sessions grouped by service and version set, in the order of the stream. A record that cannot be read is logged, once. */
const bySet = (records: readonly SessionStreamRecord[], log: Log): readonly (readonly SessionRecord[])[] => {
  const groups = new Map<string, SessionRecord[]>();
  for (const record of records) {
    const session = readChange(record, log);
    if (session === undefined) continue;
    const key = `${session.assignment.service}#${session.assignment.set}`;
    groups.set(key, [...(groups.get(key) ?? []), session]);
  }
  return [...groups.values()];
};

/** Bringing an unreadable record again would only hold back those behind it. */
const readChange = (record: SessionStreamRecord, log: Log): SessionRecord | undefined => {
  try {
    return sessionOfChange(record);
  } catch (error) {
    log.error('record-unreadable', { event_id: record.eventID, error: error instanceof Error ? error : String(error) });
    return undefined;
  }
};

export const handler = lambdaHandler('weigh-outcome', SessionStreamEvent, (parts) => {
  const { connection, environment, log, now } = parts;
  const registry = openTable(connection, environment.REGISTRY_TABLE);
  const sessions = sessionStore(openTable(connection, environment.SESSIONS_TABLE));
  const shared = { sessions, promotions: promotionStore(registry), services: environment.SERVICES, log, now };
  const page = pagePorts(parts);
  return weighOutcome({
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
    log,
  });
});
