import { type CallOrder, type OrderedCall, createCallOrder } from './call-order.ts';
import { type Callers, createCallers } from './callers.ts';
import { type Checkpoints, behindOf, createCheckpoints, lastOf, seatedOf } from './checkpoints.ts';
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

/** A late record costs at most a walk from the checkpoint before it. */
const checkpointEvery = 1_024;
const bitsPerHorizon = 3;
const mask = (1 << bitsPerHorizon) - 1;

/**
 * Calls in order, and a walk over them that is as far as the moment allows. Every horizon takes the calls in order of start, each in its own
 * time. The order among horizons is that of settling, which decides which of them comes first to an abort. A record that comes late
 * sends the walk back only if a horizon took its call for something else, or if it would have preceded an abort.
 */
export class CourseOfCalls {
  readonly order: CallOrder = createCallOrder();
  readonly horizons: readonly Horizon[];
  /** Margin of the shortest horizon, as a rate. */
  readonly soonMargin: number;
  readonly callers: Callers;
  readonly #restart: (state: WalkState) => Walk;
  readonly #checkpoints: Checkpoints;
  #walk: Walk;
  #firstPlace: number;
  /** Calls that any horizon has met. */
  #seated: number;
  /** The last thing that was taken in the order of settling. */
  #last: { readonly ms: number; readonly track: number };
  /** The next thing to take; without a call, track -1. */
  readonly #step = { track: -1, settledMs: 0 };
  #events = 0;
  #knowsCallers: boolean;

  /** @param distinctCallers nobody needs to be remembered: every record is of its caller's first call */
  constructor(plan: CanaryPlan, baseline: Baseline, distinctCallers: boolean, resumed?: Resumed) {
    this.horizons = horizonsOf(plan);
    this.soonMargin = soonMarginOf(plan, baseline);
    this.callers = createCallers(distinctCallers, resumed?.callers ?? []);
    this.#restart = (state) => createWalk(plan, baseline, state);
    this.#walk = createWalk(plan, baseline, resumed?.walk);
    const state = this.#walk.state();
    this.#firstPlace = resumed ? behindOf(state) : 0;
    this.#checkpoints = createCheckpoints({ lastMs: lastOf(state), state });
    this.#seated = seatedOf(state);
    this.#last = { ms: lastOf(state), track: 0 };
    this.#knowsCallers = distinctCallers || resumed === undefined;
  }

  get walk(): Walk {
    return this.#walk;
  }

  get seated(): number {
    return this.#seated;
  }

  /** Place of the first call in `order`, among all calls of the canary. */
  get firstPlace(): number {
    return this.#firstPlace;
  }

  /** Puts new records in their place. */
  settle(): void {
    const place = this.order.settle((entry) => this.#wasTakenOtherwise(entry)) + this.firstPlace;
    if (!this.#knowsCallers) {
      this.#knowsCallers = true;
      // Calls that were met before the walk was resumed, and that W has not taken yet.
      for (const entry of this.order.calls.slice(0, this.#seated - this.firstPlace)) this.callers.claim(entry);
    }
    if (place < this.#seated) this.#rewind(place, Number.POSITIVE_INFINITY);
  }

  /** Takes what is settled by `nowMs`, until an abort. */
  advance(nowMs: number): void {
    this.settle();
    while (this.#findStep() && this.#step.settledMs <= nowMs) {
      const { track, settledMs } = this.#step;
      const { decision } = this.#walk.tally;
      if (decision?.kind === 'abort') {
        if (!precedes(this.#step, decision) || !this.#rewind(Number.POSITIVE_INFINITY, settledMs - 1)) return;
      } else this.#take(track, settledMs);
    }
  }

  /**
   * Lets go of the calls that lie before the newest point that leaves `marginMs` for records that come late. From there it goes on,
   * and so does whoever resumes.
   */
  forget(marginMs: number): Resumed & { readonly gone: readonly OrderedCall[] } {
    const { state: walk } = this.#checkpoints.restFrom(this.#last.ms - marginMs);
    const gone = this.order.forget(behindOf(walk) - this.#firstPlace);
    this.#firstPlace += gone.length;
    this.callers.forget(gone);
    return { walk, callers: this.callers.before(), gone };
  }

  #wasTakenOtherwise(entry: OrderedCall): boolean {
    return this.horizons.some((horizon, track) => {
      const taken = (entry.taken >> (bitsPerHorizon * track)) & mask;
      if (taken === 0) return false;
      // A stamp that moved also moves the moment at which W took the call.
      return taken !== standingAt(entry, horizon) || (horizon.isWindow && taken === standing.ended);
    });
  }

  /** @returns false when nothing is kept that is early enough */
  #rewind(place: number, untilMs: number): boolean {
    const { isSound, lastMs, state } = this.#checkpoints.backTo(place, untilMs);
    this.#walk = this.#restart(state);
    this.#last = { ms: lastMs, track: 0 };
    this.#seated = seatedOf(state);
    const { calls } = this.order;
    state.tracks.forEach(({ used }, track) => {
      for (const entry of calls.slice(used - this.firstPlace)) entry.taken &= ~(mask << (bitsPerHorizon * track));
    });
    this.callers.release(calls.slice(this.#seated - this.firstPlace));
    return isSound;
  }

  /** Finds the horizon whose next call is settled first. */
  #findStep(): boolean {
    const step = this.#step;
    step.track = -1;
    for (let track = 0; track < this.horizons.length; track += 1) {
      const taken = this.#walk.tracks[track];
      const horizon = this.horizons[track];
      const entry = taken && this.order.calls[taken.used - this.firstPlace];
      if (!entry || !horizon) continue;
      const settledMs = Math.max(taken.clockMs, settledAtMs(entry, horizon));
      if (step.track >= 0 && settledMs >= step.settledMs) continue;
      step.track = track;
      step.settledMs = settledMs;
    }
    return step.track >= 0;
  }

  #take(track: number, settledMs: number): void {
    const horizon = this.horizons[track];
    const place = this.#walk.tracks[track]?.used ?? 0;
    const entry = this.order.calls[place - this.firstPlace];
    if (!horizon || !entry) return;
    if (place === this.#seated) {
      this.#walk.seat(entry, this.callers.claim(entry));
      this.#seated += 1;
    }
    const at = standingAt(entry, horizon);
    entry.taken |= at << (bitsPerHorizon * track);
    const decision = this.#walk.take(track, entry, at, settledMs, this.callers.isFirst(entry));
    const { ms, track: lastTrack } = this.#last;
    const isLate = settledMs < ms || (settledMs === ms && track < lastTrack);
    // Again in the order of settling: what else was known at that moment belongs to the decision.
    if (decision?.kind === 'abort' && isLate && this.#rewind(Number.POSITIVE_INFINITY, settledMs - 1)) return;
    if (decision) this.#walk.adopt(decision);
    if (!isLate) this.#last = { ms: settledMs, track };
    this.#events += 1;
    if (this.#events % checkpointEvery === 0)
      this.#checkpoints.remember({ lastMs: this.#last.ms, state: this.#walk.state() });
  }
}

const soonMarginOf = (plan: CanaryPlan, baseline: Baseline): number =>
  plan.horizons.length > 0
    ? wiringOf(plan, baseline).soonMargin(0)
    : plan.guardrails.errorRate.marginPercentagePoints / 100;

const precedes = (
  step: { readonly track: number; readonly settledMs: number },
  decision: { readonly track: number; readonly atMs: number },
): boolean => step.settledMs < decision.atMs || (step.settledMs === decision.atMs && step.track < decision.track);
