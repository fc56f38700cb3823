import { type CallOutcome, callEndedMs, callKey, momentMs } from './outcome.ts';

/** A call in its place. Mutable inside the analysis only. */
export interface OrderedCall {
  call: CallOutcome;
  readonly startedMs: number;
  endedMs: number | undefined;
  readonly sessionId: string;
  /** Arrival number: the order of calls that start in the same millisecond and have no id. */
  readonly arrival: number;
  contradictory: boolean;
}

/** When the call is settled: `knownAtMs` of outcome.ts, from times that are parsed once. */
export const settledAtMs = ({ startedMs, endedMs }: OrderedCall, windowMs: number): number =>
  Math.min(endedMs ?? Number.POSITIVE_INFINITY, startedMs + windowMs);

/** What a record did to the order. `changedFrom`: the first place whose call is new or different. */
export type Arrival =
  { readonly kind: 'new' | 'ended' | 'contradiction'; readonly entry: OrderedCall } | { readonly kind: 'duplicate' };

export interface CallOrder {
  add(call: CallOutcome): Arrival;
  /** Puts what was added in its place; the first place that changed, or `Infinity`. */
  settle(): number;
  readonly calls: readonly OrderedCall[];
  readonly contradictory: number;
}

const compare = (one: OrderedCall, other: OrderedCall): number => {
  if (one.startedMs !== other.startedMs) return one.startedMs - other.startedMs;
  if (one.sessionId !== other.sessionId) return one.sessionId < other.sessionId ? -1 : 1;
  return one.arrival - other.arrival;
};

const sameAssignment = (one: CallOutcome, other: CallOutcome): boolean =>
  one.arm === other.arm &&
  one.callerId === other.callerId &&
  one.weightPercent === other.weightPercent &&
  momentMs(one.startedAt) === momentMs(other.startedAt);

/** Absent, null and the default mean the same. */
const resultOf = (call: CallOutcome): string =>
  JSON.stringify([
    callEndedMs(call),
    call.outcome,
    call.errorClass ?? null,
    call.escalated ?? call.outcome === 'escalated',
    call.costUsd ?? null,
    call.slowTurns ?? null,
    call.turns ?? null,
    call.taskSucceeded ?? null,
  ]);

/** The place of `entry` in sorted calls, by binary search. */
const placeIn = (calls: readonly OrderedCall[], entry: OrderedCall): number => {
  let low = 0;
  let high = calls.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = calls[middle];
    if (at && compare(at, entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** More new calls than this are sorted in at once. */
const bulk = 32;

/**
 * Calls in order of start, whatever the order in which their records arrive. A record may come twice; an open one is
 * completed by its end; two records that contradict each other take the call out of the test.
 */
export const createCallOrder = (): CallOrder => {
  let calls: OrderedCall[] = [];
  let waiting: OrderedCall[] = [];
  let changed: OrderedCall[] = [];
  const byKey = new Map<string, OrderedCall>();
  let arrivals = 0;
  let contradictory = 0;

  const update = (entry: OrderedCall, call: CallOutcome): Arrival => {
    if (entry.contradictory) return { kind: 'duplicate' };
    const before = entry.endedMs !== undefined;
    const now = callEndedMs(call) !== undefined;
    const agrees = sameAssignment(entry.call, call) && (!before || !now || resultOf(entry.call) === resultOf(call));
    if (agrees && (before || !now)) return { kind: 'duplicate' };
    changed.push(entry);
    if (agrees) {
      entry.call = call;
      entry.endedMs = callEndedMs(call);
      return { kind: 'ended', entry };
    }
    entry.contradictory = true;
    contradictory += 1;
    return { kind: 'contradiction', entry };
  };

  return {
    add(call) {
      const key = callKey(call);
      const known = byKey.get(key);
      if (known) return update(known, call);
      const entry: OrderedCall = {
        call,
        startedMs: momentMs(call.startedAt),
        endedMs: callEndedMs(call),
        sessionId: call.sessionId ?? '',
        arrival: arrivals,
        contradictory: false,
      };
      arrivals += 1;
      byKey.set(key, entry);
      waiting.push(entry);
      return { kind: 'new', entry };
    },
    settle() {
      let first = Number.POSITIVE_INFINITY;
      if (waiting.length > 0) {
        waiting.sort(compare);
        const earliest = waiting[0];
        if (earliest) first = placeIn(calls, earliest);
        if (waiting.length > bulk) calls = calls.concat(waiting).sort(compare);
        else for (const entry of waiting) calls.splice(placeIn(calls, entry), 0, entry);
        waiting = [];
      }
      for (const entry of changed) first = Math.min(first, placeIn(calls, entry));
      changed = [];
      return first;
    },
    get calls() {
      return calls;
    },
    get contradictory() {
      return contradictory;
    },
  };
};
