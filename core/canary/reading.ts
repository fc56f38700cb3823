import type { OrderedCall } from './call-order.ts';

/** A stamp of the store may follow what it is about by so much; also how often a host vouches for its calls. */
export const stampGraceMs = 5_000;

/** A moment of a call's life at which it is judged: so long after its start. */
export interface Horizon {
  readonly ms: number;
  /** W, the longest one: all guardrails, and the only one that promotes. */
  readonly isWindow: boolean;
}

/**
 * What the store knew of a call when a horizon was up. Numbers, so that a call remembers what it was taken for at every horizon in
 * one integer; 0 is "not taken yet".
 */
export const standing = {
  /** Ended within the horizon: its result counts. */
  ended: 1,
  /** Alive: whatever may come, it was not bad by then. */
  alive: 2,
  /** Handed over, and nobody knows what became of it. */
  lost: 3,
  /** Never reached the release. */
  refused: 4,
  /** Its records disagree about where it belongs. */
  misplaced: 5,
} as const;
export type Standing = (typeof standing)[keyof typeof standing];

/**
 * Depends on stamps alone, never on when somebody looks: a stamp that comes after the horizon and its grace changes nothing. Only a
 * call without stamps that ended beyond W was evidently alive at W, whenever that came out.
 */
export const standingAt = (entry: OrderedCall, { ms, isWindow }: Horizon): Standing => {
  if (entry.misplaced) return standing.misplaced;
  if (entry.contradictory) return standing.lost;
  const { startedMs, endedMs } = entry;
  const endsMs = startedMs + ms;
  const untilMs = endsMs + stampGraceMs;
  if (entry.refusedMs <= untilMs) return standing.refused;
  if (endedMs !== undefined && entry.recordedMs <= untilMs) return endedMs <= endsMs ? standing.ended : standing.alive;
  if (!isWindow) return entry.lostMs <= untilMs ? standing.lost : standing.alive;
  const vouched = entry.aliveMs >= endsMs || (endedMs !== undefined && !entry.stamped && endedMs > endsMs);
  // A loss that was stamped later says nothing about W.
  const wasLost = entry.lost && !(entry.lostMs > untilMs && Number.isFinite(entry.lostMs));
  return vouched && !wasLost ? standing.alive : standing.lost;
};

/**
 * When the call's part is settled: at a short horizon when that and its grace are over, whether the call has ended or not; at W as
 * soon as its end is known. Calls are taken in order of start, so an open call holds the others for the horizon and no longer.
 */
export const settledAtMs = (entry: OrderedCall, horizon: Horizon): number => {
  const untilMs = entry.startedMs + horizon.ms + stampGraceMs;
  if (!horizon.isWindow || entry.contradictory || entry.misplaced) return untilMs;
  return Math.min(untilMs, entry.recordedMs, entry.refusedMs);
};
