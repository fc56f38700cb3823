import { type CallRecords, type ReadCall, readCall } from '#core/session/call-records.ts';
import type { OpenSessions } from '#core/session/open-sessions.ts';
import {
  type SessionRecord,
  type SessionResult,
  stampedRecord,
  stampedResult,
  storedSession,
  storedSessionResult,
} from '#core/session/session-record.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import { type ItemChange, Items } from './items.ts';
import { SessionIndex } from './session-index.ts';
import { type MemoryOptions, operate } from './wire.ts';

const msPerDay = 86_400_000;

/** Sessions and first calls are kept this long, as in the table. */
const retentionMs = 400 * msPerDay;

/** Sessions that one read of an index returns; a longer list is read page by page. */
const pageSize = 1_000;

interface Claim {
  readonly sessionId: string;
  readonly expiresAtMs: number;
}

export interface MemorySessionStore extends SessionStore {
  readonly records: Items<SessionRecord>;
  readonly openSessions: OpenSessions;
  readonly calls: CallRecords;
}

export interface MemorySessionOptions extends MemoryOptions {
  /** How far the indexes are behind the table, in milliseconds. @default 0 */
  readonly indexLagMs?: number;
  /** Told every session that is written, in order, as the table's stream. @default - nobody is told */
  readonly onChange?: (change: ItemChange<SessionRecord>) => void;
}

export const memorySessionStore = ({
  indexLagMs = 0,
  onChange,
  ...options
}: MemorySessionOptions): MemorySessionStore => {
  const { clock, wire } = options;
  const index = new SessionIndex(clock, indexLagMs);
  const records = new Items<SessionRecord>({
    name: 'sessions',
    ...options,
    expiresAt: ({ assignment }) => Date.parse(assignment.startedAt) + retentionMs,
    onChange: (change) => {
      index.write(change.after);
      onChange?.(change);
    },
  });
  const expiresAt = ({ expiresAtMs }: { readonly expiresAtMs: number }) => expiresAtMs;
  const claims = new Items<Claim>({ name: 'first-calls', ...options, expiresAt });
  const tickets = new Items<{ readonly expiresAtMs: number }>({ name: 'tickets', ...options, expiresAt });
  const readIndex = <T>(key: string, effect: () => T) =>
    operate(wire, { store: 'sessions', kind: 'read', key }, effect);
  async function* readAll(service: string, keysOf: () => readonly string[]): AsyncGenerator<SessionRecord> {
    const keys = await readIndex(service, keysOf);
    for (let start = 0; start < keys.length; start += pageSize) {
      const page = keys.slice(start, start + pageSize);
      yield* await readIndex(service, () => page.flatMap((key) => index.seen(key) ?? []));
    }
  }
  return {
    records,
    open: (record) => open(records, stampedRecord(record, clock)),
    close: (sessionId, result) => close(records, sessionId, stampedResult(result, clock)),
    vouch: async (sessionId, aliveUntil) => {
      await records.update(sessionId, (present) =>
        present && present.result === undefined ? { ...present, aliveUntil: aliveUntil.toISOString() } : undefined,
      );
    },
    get: (sessionId) => records.get(sessionId),
    listByService: (service, set, { from, to }) =>
      readAll(service, () => index.keysByStart(service, set, from.toISOString(), to?.toISOString())),
    calls: {
      started: (service, set, from) =>
        readCalls(readAll(service, () => index.keysByStart(service, set, from.toISOString()))),
      changed: (service, set, from) =>
        readCalls(readAll(service, () => index.keysByChange(service, set, from.toISOString()))),
    },
    openByHost: (hostId, limit = 1_000) => readIndex(hostId, () => index.open(limit, hostId)),
    claimFirstCall: async (promotionId, callerHash, sessionId) => {
      const key = `${promotionId}#${callerHash}`;
      if (await claims.putOnce(key, { sessionId, expiresAtMs: clock.now() + retentionMs })) return true;
      return (await claims.get(key))?.sessionId === sessionId;
    },
    use: (ticketId, until) => tickets.putOnce(ticketId, { expiresAtMs: until.getTime() + msPerDay }),
    openSessions: {
      async *list(limit) {
        yield* await readIndex('', () => index.open(limit));
      },
    },
  };
};

/** What stands in memory never changes, so it is parsed once however often it is read. */
const parsed = new WeakMap<SessionRecord, ReadCall>();

async function* readCalls(sessions: AsyncIterable<SessionRecord>): AsyncGenerator<ReadCall> {
  for await (const session of sessions) {
    const call = parsed.get(session) ?? readCall(session, session.assignment);
    parsed.set(session, call);
    yield call;
  }
}

const open = async (records: Items<SessionRecord>, record: SessionRecord): Promise<boolean> => {
  const { sessionId } = record.assignment;
  if (await records.putOnce(sessionId, storedSession.write(record, `the record of session ${sessionId}`))) return true;
  return (await records.get(sessionId))?.hostId === record.hostId;
};

const close = async (records: Items<SessionRecord>, sessionId: string, result: SessionResult): Promise<void> => {
  const checked = storedSessionResult.write(result, `the result of session ${sessionId}`);
  await records.update(sessionId, (present) =>
    present && present.result === undefined ? { ...present, result: checked } : undefined,
  );
};
