import { type CallOrder, type OrderedCall, createCallOrder } from './call-order.ts';
import { type Baseline, wiringOf } from './guardrail-wiring.ts';
import type { CanaryPlan } from './plan.ts';
import { type Horizon, settledAtMs, standing, standingAt } from './reading.ts';
import { type Walk, type WalkState, createWalk, horizonsOf } from './walk.ts';

/** Where a course of calls goes on: the walk so far, without the calls that every horizon has behind it. */
export interface Resumed {
  readonly walk: WalkState;
  /** Callers whose first call lies before; empty when the caller sees to that. */
  readonly callers: readonly string[];
}

/** Calls in order, and a walk over them that is as far as the moment allows. */
export interface CourseOfCalls {
  readonly order: CallOrder;
  readonly horizons: readonly Horizon[];
  /** Margin of the shortest horizon, as a rate. */
  readonly soonMargin: number;
  /** Place of the first call in `order`, among all calls of the canary. */
  readonly firstPlace: number;
  /** Calls that any horizon has met. */
  readonly seated: number;
  readonly walk: Walk;
  /** Takes what is settled by `nowMs`, until an abort. */
  advance(nowMs: number): void;
  /** Its caller has not called before; also for calls that no horizon has met yet. */
  isFirst(entry: OrderedCall): boolean;
  /** The newest point of the walk to go on from that leaves `marginMs` for records that come late. */
  resumable(marginMs: number): Resumed;
}

interface Checkpoint {
  readonly lastMs: number;
  readonly state: WalkState;
}

/** A late record costs at most a walk from the checkpoint before it. */
const checkpointEvery = 1_024;
const mostCheckpoints = 64;
const bitsPerHorizon = 3;
const mask = (1 << bitsPerHorizon) - 1;

/**
 * Every horizon takes the calls in order of start, each in its own time. The order among horizons is that of settling, which decides
 * which of them comes first to an abort. A record that comes late sends the walk back only if a horizon took its call, or took it for something
 * else, or if a decision was made that it would have preceded.
 *
 * @param distinctCallers nobody needs to be remembered: every record is of its caller's first call
 */
export const createCourseOfCalls = (
  plan: CanaryPlan,
  baseline: Baseline,
  distinctCallers: boolean,
  resumed?: Resumed,
): CourseOfCalls => {
  const order = createCallOrder();
  const horizons = horizonsOf(plan);
  const window = horizons.length - 1;
  const firstPlace = resumed?.walk.tracks[window]?.used ?? 0;
  /** Every caller's first call, among those that any horizon has met. */
  const callers = new Map<string, OrderedCall | null>((resumed?.callers ?? []).map((callerId) => [callerId, null]));
  let walk = createWalk(plan, baseline, resumed?.walk);
  const first: Checkpoint = { lastMs: lastOf(walk.state()), state: walk.state() };
  let checkpoints: Checkpoint[] = [first];
  let { lastMs } = first;
  let lastTrack = 0;
  let events = 0;

  const seatedOf = ({ tracks }: Pick<WalkState, 'tracks'>): number => Math.max(...tracks.map(({ used }) => used));
  let seated = seatedOf(first.state);
  let toldCallers = distinctCallers || resumed === undefined;

  const overtaken = (entry: OrderedCall): boolean =>
    horizons.some((horizon, track) => {
      const taken = (entry.taken >> (bitsPerHorizon * track)) & mask;
      if (taken === 0) return false;
      // A stamp that moved also moves the moment at which W took the call.
      return taken !== standingAt(entry, horizon) || (horizon.isWindow && taken === standing.ended);
    });

  /**
   * Back to the newest checkpoint that has taken nothing from `place` on and nothing settled after `untilMs`, or to the first one.
   * @returns false when not even the first one is early enough
   */
  const rewind = (place: number, untilMs: number): boolean => {
    const isSound = ({ lastMs: at, state }: Checkpoint): boolean => at <= untilMs && seatedOf(state) <= place;
    const sound = checkpoints.filter(isSound);
    const from = sound.at(-1);
    checkpoints = from ? sound : [first];
    const { state, lastMs: at } = from ?? first;
    walk = createWalk(plan, baseline, state);
    [lastMs, lastTrack] = [at, 0];
    seated = seatedOf(state);
    state.tracks.forEach(({ used }, track) => {
      for (const entry of order.calls.slice(used - firstPlace)) entry.taken &= ~(mask << (bitsPerHorizon * track));
    });
    for (const entry of order.calls.slice(seated - firstPlace))
      if (callers.get(entry.call.callerId) === entry) callers.delete(entry.call.callerId);
    return from !== undefined;
  };

  const isFirst = (entry: OrderedCall): boolean => {
    if (distinctCallers) return true;
    const known = callers.get(entry.call.callerId);
    return known === undefined || known === entry;
  };

  const claim = (entry: OrderedCall): boolean => {
    const isClaimed = isFirst(entry);
    if (isClaimed && !distinctCallers) callers.set(entry.call.callerId, entry);
    return isClaimed;
  };

  /** Calls that were met before the walk was resumed, and that W has not taken yet. */
  const tellCallers = (): void => {
    toldCallers = true;
    for (const entry of order.calls.slice(0, seated - firstPlace)) claim(entry);
  };

  /** Finds the horizon whose next call is settled first, and when: `step`. */
  const step = { track: -1, settledMs: 0 };
  const findStep = (): boolean => {
    step.track = -1;
    for (let track = 0; track < horizons.length; track += 1) {
      const taken = walk.tracks[track];
      const horizon = horizons[track];
      const entry = taken && order.calls[taken.used - firstPlace];
      if (!entry || !horizon) continue;
      const settledMs = Math.max(taken.clockMs, settledAtMs(entry, horizon));
      if (step.track >= 0 && settledMs >= step.settledMs) continue;
      step.track = track;
      step.settledMs = settledMs;
    }
    return step.track >= 0;
  };

  const take = (track: number, settledMs: number): void => {
    const horizon = horizons[track];
    const place = walk.tracks[track]?.used ?? 0;
    const entry = order.calls[place - firstPlace];
    if (!horizon || !entry) return;
    if (place === seated) {
      walk.seat(entry, claim(entry));
      seated += 1;
    }
    const at = standingAt(entry, horizon);
    entry.taken |= at << (bitsPerHorizon * track);
    const decision = walk.take(track, entry, at, settledMs, isFirst(entry));
    const isLate = settledMs < lastMs || (settledMs === lastMs && track < lastTrack);
    // Again in the order of settling: what else was known at that moment belongs to the decision.
    if (decision && isLate && rewind(Number.POSITIVE_INFINITY, settledMs - 1)) return;
    if (decision) walk.adopt(decision);
    if (!isLate) [lastMs, lastTrack] = [settledMs, track];
    events += 1;
    if (events % checkpointEvery === 0) remember();
  };

  const remember = (): void => {
    checkpoints.push({ lastMs, state: walk.state() });
    // The first one stays, and so do the newest; in between every other one goes.
    if (checkpoints.length > mostCheckpoints)
      checkpoints = checkpoints.filter((_, index) => index === 0 || index > mostCheckpoints / 2 || index % 2 === 0);
  };

  return {
    order,
    horizons,
    soonMargin: soonMarginOf(plan, baseline),
    firstPlace,
    get seated() {
      return seated;
    },
    get walk() {
      return walk;
    },
    advance(nowMs) {
      const place = order.settle(overtaken) + firstPlace;
      if (!toldCallers) tellCallers();
      if (place < seated) rewind(place, Number.POSITIVE_INFINITY);
      while (findStep() && step.settledMs <= nowMs) {
        const { track, settledMs } = step;
        const { decision } = walk.tally;
        if (decision && precedes(step, decision) && rewind(Number.POSITIVE_INFINITY, settledMs - 1)) continue;
        if (walk.tally.decision?.kind === 'abort') return;
        take(track, settledMs);
      }
    },
    isFirst,
    resumable(marginMs) {
      const { state } = checkpoints.findLast(({ lastMs: at }) => at <= lastMs - marginMs) ?? first;
      const dropped = new Set(order.calls.slice(0, (state.tracks[window]?.used ?? 0) - firstPlace));
      const known = [...callers].filter(([, entry]) => entry === null || dropped.has(entry));
      return { walk: state, callers: known.map(([callerId]) => callerId) };
    },
  };
};

const soonMarginOf = (plan: CanaryPlan, baseline: Baseline): number =>
  plan.horizons.length > 0
    ? wiringOf(plan, baseline).soonMargin(0)
    : plan.guardrails.errorRate.marginPercentagePoints / 100;

const lastOf = ({ tracks }: WalkState): number => Math.max(...tracks.map(({ clockMs }) => clockMs));

const precedes = (
  step: { readonly track: number; readonly settledMs: number },
  decision: { readonly track: number; readonly atMs: number },
): boolean =>
  step.settledMs < decision.atMs || (step.settledMs === decision.atMs && step.track < decision.track);
