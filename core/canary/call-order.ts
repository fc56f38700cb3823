import { type CallOutcome, callEndedMs, callKey, momentMs } from './outcome.ts';

/** A call in its place, with its times parsed once. Mutable inside the analysis only. */
export interface OrderedCall {
  call: CallOutcome;
  readonly startedMs: number;
  endedMs: number | undefined;
  /** When the store stamped the end; Infinity while none is known. */
  recordedMs: number;
  /** That stamp was given; else it is the end itself. */
  stamped: boolean;
  /** Never handed over; when that was stamped, Infinity when it was. */
  refusedMs: number;
  /** Handed over and lost. */
  lost: boolean;
  /** When that was stamped; Infinity when it was not. */
  lostMs: number;
  /** Its host vouched for it up to here. */
  aliveMs: number;
  readonly sessionId: string;
  /** Arrival number: the order of calls that start in the same millisecond and have no id. */
  readonly arrival: number;
  /** Two records disagree about how it went. */
  contradictory: boolean;
  /** Two records disagree about its arm, weight, caller or start. */
  misplaced: boolean;
  /** What it was taken for at each horizon, three bits each (`standing` of reading.ts). */
  taken: number;
}

/** What a record did to the order. */
export type ArrivalKind = 'new' | 'ended' | 'changed' | 'contradiction' | 'duplicate';

export interface CallOrder {
  add(call: CallOutcome): ArrivalKind;
  /**
   * Puts what was added in its place; the first place that changed what was already taken, or `Infinity`.
   * @param overtaken whether a changed call had been taken for something else
   */
  settle(overtaken: (entry: OrderedCall) => boolean): number;
  readonly calls: readonly OrderedCall[];
  /** Lets go of the first calls. @returns them */
  forget(count: number): readonly OrderedCall[];
  /** Puts back what `keptCall` made of a call. */
  restore(kept: KeptCall): void;
  readonly contradictory: number;
}

export const compareCalls = (
  one: Pick<OrderedCall, 'startedMs' | 'sessionId' | 'arrival'>,
  other: Pick<OrderedCall, 'startedMs' | 'sessionId' | 'arrival'>,
): number => {
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
    if (at && compareCalls(at, entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** A call as its one record tells it. */
export const orderedCall = (call: CallOutcome, arrival = 0): OrderedCall => {
  const startedMs = momentMs(call.startedAt);
  const entry: OrderedCall = {
    call,
    startedMs,
    endedMs: undefined,
    recordedMs: Number.POSITIVE_INFINITY,
    stamped: false,
    refusedMs: Number.POSITIVE_INFINITY,
    lost: false,
    lostMs: Number.POSITIVE_INFINITY,
    aliveMs: Number.NEGATIVE_INFINITY,
    sessionId: call.sessionId ?? '',
    arrival,
    contradictory: false,
    misplaced: false,
    taken: 0,
  };
  learn(entry, call);
  return entry;
};

/** Adds what a record says. Of two stamps the first one counts, so the order of records does not matter. */
const learn = (entry: OrderedCall, call: CallOutcome): void => {
  const ended = call.endedAt === null || call.endedAt === undefined ? undefined : momentMs(call.endedAt);
  const endedMs = ended === undefined ? undefined : Math.max(ended, entry.startedMs);
  const stamp = call.recordedAt ? momentMs(call.recordedAt) : undefined;
  if (endedMs !== undefined) {
    if (entry.endedMs === undefined) entry.call = call;
    entry.endedMs = endedMs;
    // A stamp is better than none.
    if (stamp !== undefined) {
      entry.recordedMs = entry.stamped ? Math.min(entry.recordedMs, stamp) : stamp;
      entry.stamped = true;
    } else if (!entry.stamped) entry.recordedMs = endedMs;
  } else if (call.lost === 'before-hand-over') entry.refusedMs = Math.min(entry.refusedMs, stamp ?? entry.startedMs);
  else if (call.lost === 'after-hand-over') {
    entry.lost = true;
    entry.lostMs = Math.min(entry.lostMs, stamp ?? Number.POSITIVE_INFINITY);
  }
  if (call.aliveUntil) entry.aliveMs = Math.max(entry.aliveMs, momentMs(call.aliveUntil));
};

/** A call that never began cannot have ended or been vouched for. */
const isImpossible = ({ refusedMs, endedMs, lost }: OrderedCall): boolean =>
  Number.isFinite(refusedMs) && (endedMs !== undefined || lost);

/** What another record of a call adds, and whether that may matter to a test. */
const learnMore = (entry: OrderedCall, call: CallOutcome): { kind: ArrivalKind; differs: boolean } => {
  const contradiction = { kind: 'contradiction', differs: true } as const;
  const nothing = { kind: 'duplicate', differs: false } as const;
  if (!sameAssignment(entry.call, call)) {
    if (entry.misplaced) return nothing;
    entry.misplaced = true;
    return contradiction;
  }
  if (entry.contradictory) return nothing;
  const wasEnded = entry.endedMs !== undefined;
  const before = factsOf(entry);
  const disagrees = wasEnded && callEndedMs(call) !== undefined && resultOf(entry.call) !== resultOf(call);
  if (!disagrees) learn(entry, call);
  if (disagrees || isImpossible(entry)) {
    entry.contradictory = true;
    return contradiction;
  }
  if (before === factsOf(entry)) return nothing;
  if (wasEnded) return { kind: 'duplicate', differs: true };
  return { kind: entry.endedMs === undefined ? 'changed' : 'ended', differs: true };
};

const factsOf = ({ endedMs, recordedMs, refusedMs, lostMs, lost, aliveMs }: OrderedCall): string =>
  `${endedMs} ${recordedMs} ${refusedMs} ${lostMs} ${lost} ${aliveMs}`;

/** A call as JSON: the records that tell everything that is known of it. */
export interface KeptCall {
  readonly records: readonly CallOutcome[];
  readonly contradictory: boolean;
  readonly misplaced: boolean;
}

export const keptCall = (entry: OrderedCall): KeptCall => {
  const { call, contradictory, misplaced } = entry;
  const { startedAt, callerId, arm, weightPercent, sessionId } = call;
  const assignment = { startedAt, callerId, arm, weightPercent, ...(sessionId && { sessionId }) };
  const stamp = (ms: number) => (Number.isFinite(ms) ? { recordedAt: ms } : {});
  const alive = Number.isFinite(entry.aliveMs) ? { aliveUntil: entry.aliveMs } : {};
  const { lost: _lost, recordedAt: _stamp, ...told } = call;
  const records: CallOutcome[] = [{ ...told, ...alive, ...(entry.stamped ? stamp(entry.recordedMs) : {}) }];
  if (entry.lost) records.push({ ...assignment, lost: 'after-hand-over', ...stamp(entry.lostMs) });
  if (Number.isFinite(entry.refusedMs))
    records.push({ ...assignment, lost: 'before-hand-over', ...stamp(entry.refusedMs) });
  return { records, contradictory, misplaced };
};

export const contradictoryAmong = (calls: readonly OrderedCall[]): number =>
  calls.filter((entry) => entry.contradictory || entry.misplaced).length;

/** More new calls than this are sorted in at once. */
const bulk = 32;

/**
 * Calls in order of start, whatever the order in which their records arrive. A record may come twice; an open one is completed by
 * its end. Two records that contradict each other make the call unknown.
 */
export const createCallOrder = (): CallOrder => {
  let calls: OrderedCall[] = [];
  let waiting: OrderedCall[] = [];
  let changed: OrderedCall[] = [];
  const byKey = new Map<string, OrderedCall>();
  let arrivals = 0;
  let contradictory = 0;

  const update = (entry: OrderedCall, call: CallOutcome): ArrivalKind => {
    const wasSound = !entry.contradictory && !entry.misplaced;
    const { kind, differs } = learnMore(entry, call);
    if (differs) changed.push(entry);
    if (wasSound && kind === 'contradiction') contradictory += 1;
    return kind;
  };

  const add = (call: CallOutcome): ArrivalKind => {
    const key = callKey(call);
    const known = byKey.get(key);
    if (known) return update(known, call);
    const entry = orderedCall(call, arrivals);
    arrivals += 1;
    byKey.set(key, entry);
    waiting.push(entry);
    return 'new';
  };

  return {
    add,
    settle(overtaken) {
      let first = Number.POSITIVE_INFINITY;
      if (waiting.length > 0) {
        waiting.sort(compareCalls);
        const earliest = waiting[0];
        if (earliest) first = placeIn(calls, earliest);
        if (waiting.length > bulk) calls = calls.concat(waiting).sort(compareCalls);
        else for (const entry of waiting) calls.splice(placeIn(calls, entry), 0, entry);
        waiting = [];
      }
      for (const entry of changed) if (overtaken(entry)) first = Math.min(first, placeIn(calls, entry));
      changed = [];
      return first;
    },
    forget(count) {
      const gone = calls.slice(0, count);
      calls = calls.slice(count);
      for (const { call } of gone) byKey.delete(callKey(call));
      contradictory -= contradictoryAmong(gone);
      return gone;
    },
    restore({ records, contradictory: disagree, misplaced }) {
      const [first, ...more] = records;
      if (!first) return;
      add(first);
      const entry = byKey.get(callKey(first));
      if (!entry) return;
      for (const record of more) learn(entry, record);
      entry.contradictory = disagree;
      entry.misplaced = misplaced;
      if (disagree || misplaced) contradictory += 1;
    },
    get calls() {
      return calls;
    },
    get contradictory() {
      return contradictory;
    },
  };
};
