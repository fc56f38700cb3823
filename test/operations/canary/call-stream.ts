import { seededRandom } from '#core/canary/seeded-random.ts';
import type { CallRecord } from '#core/session/call-records.ts';
import type { SessionRecord, SessionResult } from '#core/session/session-record.ts';
import type { MemorySessionStore } from '#memory/session-store.ts';
import { aSession, startMs } from '../fake-org.ts';

/** One write of a host or of the sweep, in the order of time. */
export interface Write {
  readonly atMs: number;
  readonly sessionId: string;
  readonly apply: (sessions: MemorySessionStore) => Promise<unknown>;
}

export interface StreamOptions {
  readonly calls: number;
  readonly seed: number;
  /** Share of the candidate's calls that fail; stable fails 5 %. */
  readonly candidateRate: number;
  readonly windowMs: number;
  /** Mean time between two starts. @default 400 */
  readonly everyMs?: number;
}

/**
 * The writes of a service's calls with all that happens to them: starts that are written late, calls beyond W with and without a word of their
 * host, calls that never end, that are closed as lost, and that were refused.
 */
export const callStream = ({
  calls,
  seed,
  candidateRate,
  windowMs,
  everyMs = 400,
}: StreamOptions): readonly Write[] => {
  const random = seededRandom(seed);
  const writes: Write[] = [];
  let startedMs = startMs;
  for (let index = 0; index < calls; index += 1) {
    startedMs += Math.floor(random() * 2 * everyMs);
    const arm = random() < 0.25 ? 'candidate' : 'stable';
    const failed = random() < (arm === 'candidate' ? candidateRate : 0.05);
    const record = opened(index, arm, startedMs);
    const openedMs = startedMs + (random() < 0.03 ? 25_000 * random() : 500 * random());
    writes.push(...writesOf(record, { openedMs, failed, windowMs, random }));
  }
  return writes.toSorted((one, other) => one.atMs - other.atMs);
};

const opened = (index: number, arm: 'stable' | 'candidate', startedMs: number): SessionRecord => {
  const { result: _result, openedAt: _openedAt, assignment, ...record } = aSession({ index, arm });
  return { ...record, assignment: { ...assignment, startedAt: new Date(startedMs).toISOString() } };
};

interface Fate {
  readonly openedMs: number;
  readonly failed: boolean;
  readonly windowMs: number;
  readonly random: () => number;
}

const writesOf = (record: SessionRecord, { openedMs, failed, windowMs, random }: Fate): readonly Write[] => {
  const { sessionId, startedAt } = record.assignment;
  const startedMs = Date.parse(startedAt);
  const at = (atMs: number, apply: Write['apply']): Write => ({ atMs: Math.floor(atMs), sessionId, apply });
  const result = (endedMs: number, over: Partial<SessionResult> = {}): SessionResult => ({
    endedAt: new Date(endedMs).toISOString(),
    outcome: failed ? 'failed' : 'completed',
    costUsd: Math.round(100 * random()) / 100,
    turns: 4,
    slowTurns: random() < 0.1 ? 2 : 0,
    ...over,
  });
  const close = (endedMs: number, over: Partial<SessionResult> = {}): Write =>
    at(endedMs + 20 + 3_000 * random() ** 4, (sessions) => sessions.close(sessionId, result(endedMs, over)));
  const open = at(openedMs, (sessions) => sessions.open(record));
  const vouch = at(startedMs + windowMs + 900 * random(), (sessions) =>
    sessions.vouch(sessionId, new Date(startedMs + windowMs)),
  );
  const fate = random();
  if (fate < 0.01) {
    const lost = result(openedMs, { lost: 'before-hand-over', outcome: 'failed' });
    return [at(openedMs, (sessions) => sessions.open({ ...record, result: lost }))];
  }
  if (fate < 0.02) return [open];
  if (fate < 0.03) return [open, close(startedMs + windowMs * (0.5 + random()), { lost: 'after-hand-over' })];
  if (fate < 0.06) return [open, vouch, close(startedMs + windowMs * (1.1 + 2 * random()))];
  if (fate < 0.07) return [open, vouch, close(startedMs + windowMs * (1.1 + random()), { lost: 'after-hand-over' })];
  return [open, close(Math.max(openedMs, startedMs + 1_000 + windowMs * 0.9 * random() ** 2))];
};

/** What a stream brings of a call: as it is stored now. */
export const changeOf = (sessions: MemorySessionStore, sessionId: string): readonly CallRecord[] => {
  const stored = sessions.records.peek(sessionId);
  return stored ? [stored] : [];
};
