import { type Analysis, createAnalysis } from '#core/canary/analysis.ts';
import { holdbackPlan } from '#core/canary/holdback-plan.ts';
import type { CallOutcome } from '#core/canary/outcome.ts';
import type { CanaryPlan } from '#core/canary/plan.ts';
import { seededRandom } from '#core/canary/seeded-random.ts';
import { createSuspicion, type StableBaseline } from '#core/canary/suspicion.ts';
import { watchAction } from '#core/promotion/watch-action.ts';
import type { Random } from '#core/random.ts';
import { assign } from '#core/version-set/assign.ts';
import type { Command } from '#core/version-set/command.ts';
import type { Head } from '#core/version-set/head.ts';
import { activeHoldback } from '#core/version-set/holdback.ts';
import { transition } from '#core/version-set/transition.ts';
import type { Arm } from '#core/words/arm.ts';
import { digestOf, ReleaseId } from '#core/words/digest.ts';
import { PromotionId } from '#core/words/ids.ts';
import { ServiceName, SetName } from '#core/words/names.ts';

const minuteMs = 60_000;
const promotedMs = Date.parse('2026-01-05T08:00:00Z');
const medianCallMs = 3 * minuteMs;
const sigma = 0.8;
/** The function looks at most so often, and its index follows the table so late. */
const lookEveryMs = 5_000;
const indexLagMs = 5_000;

const last = ReleaseId.parse(digestOf('last-good'));
const promoted = ReleaseId.parse(digestOf('promoted'));
const service = ServiceName.parse('appointments');
const set = SetName.parse('release');

/** What happens on a service after its promotion. */
export interface AfterFlip {
  readonly plan: CanaryPlan;
  readonly callsPerMinute: number;
  readonly minutes: number;
  readonly baseline: StableBaseline;
  readonly holdbackPercent: number;
  /** Whether a call fails, by the release that carries it; `afterMs`: so long after its start. @default - at its end */
  readonly fate: (arm: Arm, minute: number, random: Random) => { readonly failed: boolean; readonly afterMs?: number };
  /** Who calls. @default - somebody new each time */
  readonly caller?: (index: number, random: Random) => string;
  /** From the harm on: times count from the first bad call of stable after this minute. @default 0 */
  readonly harmMinute?: number;
}

export interface AfterFlipEnd {
  /** From the start of the first bad call on stable; Infinity: it did not come to that. */
  readonly halfAwaySeconds: number;
  readonly allBackSeconds: number;
  /** Bad calls of stable that had started by then. */
  readonly badCallsToHalf: number;
  readonly badCallsToBack: number;
  readonly suspicions: number;
  readonly returns: number;
  readonly pages: number;
  readonly rolledBack: boolean;
  readonly suspectedMinutes: number;
}

interface Played {
  readonly call: CallOutcome;
  readonly final: CallOutcome;
  readonly arm: Arm;
  readonly comparisonId: string | undefined;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly failed: boolean;
}

const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Plays a service from its promotion on, through the head's transitions, the suspicion and the comparison themselves. */
export const playAfterFlip = (world: AfterFlip, seed: number): AfterFlipEnd => new AfterFlipRun(world, seed).play();

class AfterFlipRun {
  readonly #world: AfterFlip;
  readonly #random: Random;
  readonly #calls: Played[] = [];
  readonly #suspicion;
  #head: Head;
  #comparison:
    { readonly id: string; readonly analysis: Analysis; fed: Map<number, boolean>; from: number } | undefined;
  #next: number[];
  #suspectedMs = 0;
  readonly #moves: { readonly kind: string; readonly atMs: number }[] = [];
  #pages = 0;

  constructor(world: AfterFlip, seed: number) {
    this.#world = world;
    this.#random = seededRandom(seed);
    this.#head = headAfterPromotion(world);
    const { plan, baseline, callsPerMinute } = world;
    this.#suspicion = createSuspicion({ plan, baseline, callsPerMinute }, promotedMs);
    this.#next = Array.from({ length: this.#suspicion.tracks }, () => 0);
  }

  play(): AfterFlipEnd {
    const { callsPerMinute, minutes } = this.#world;
    const untilMs = promotedMs + minutes * minuteMs;
    const meanGapMs = minuteMs / callsPerMinute;
    let lookMs = promotedMs;
    let arrivalMs = promotedMs - Math.log(1 - this.#random()) * meanGapMs;
    const ends: number[] = [];
    while (arrivalMs < untilMs && this.#head.stable === promoted) {
      const endMs = ends[0] ?? Infinity;
      // Something happens: a call starts or ends, which triggers a look, unless there was one a moment ago.
      if (arrivalMs <= endMs) {
        const played = this.#start(Math.round(arrivalMs));
        insert(ends, played.endedMs + 200);
        arrivalMs -= Math.log(1 - this.#random()) * meanGapMs;
      } else ends.shift();
      const nowMs = Math.min(arrivalMs, endMs);
      if (nowMs < lookMs) continue;
      lookMs = nowMs + lookEveryMs;
      this.#look(nowMs);
    }
    return this.#end(untilMs);
  }

  #start(startedMs: number): Played {
    const index = this.#calls.length;
    const minute = (startedMs - promotedMs) / minuteMs;
    const callerId = this.#world.caller?.(index, this.#random) ?? `caller-${String(index).padStart(8, '0')}`;
    const { arm, promotionId, weightPercent } = assign(this.#head, digestOf(callerId), startedMs);
    const fate = this.#world.fate(arm, minute, this.#random);
    const lengthMs = medianCallMs * Math.exp(sigma * normal(this.#random));
    const endedMs = Math.round(startedMs + (fate.failed ? (fate.afterMs ?? lengthMs) : lengthMs));
    const call: CallOutcome = {
      startedAt: startedMs,
      callerId,
      sessionId: `session-${String(index).padStart(7, '0')}`,
      arm: arm === 'holdback' ? 'stable' : 'candidate',
      weightPercent: 100 - weightPercent,
    };
    const final: CallOutcome = {
      ...call,
      endedAt: endedMs,
      recordedAt: endedMs + 200,
      aliveUntil: endedMs,
      outcome: fate.failed ? 'failed' : 'completed',
      taskSucceeded: !fate.failed,
      turns: 10,
      slowTurns: 0,
      costUsd: 0.2,
    };
    const played = { call, final, arm, comparisonId: promotionId, startedMs, endedMs, failed: fate.failed };
    this.#calls.push(played);
    return played;
  }

  #look(nowMs: number): void {
    this.#feedSuspicion(nowMs);
    const action = watchAction({
      head: this.#head,
      nowMs,
      raised: this.#suspicion.raise(),
      verdict: this.#verdict(nowMs),
    });
    const holdback = this.#head.holdback;
    if (action.kind === 'none' || !holdback) return;
    if (action.kind === 'page' || action.kind === 'suspect' || action.kind === 'roll-back') this.#pages += 1;
    if (action.kind === 'page') return;
    const { comparisonId } = holdback;
    if (holdback.suspected) this.#suspectedMs += nowMs - Date.parse(holdback.suspected.at);
    const command: Command =
      action.kind === 'roll-back'
        ? { kind: 'roll-back', from: promoted, reason: action.reason }
        : { kind: action.kind, comparisonId, reason: action.reason };
    this.#move(command, nowMs);
  }

  #feedSuspicion(nowMs: number): void {
    for (let track = 0; track < this.#next.length; track += 1) {
      for (;;) {
        const at = this.#next[track] ?? 0;
        const played = this.#calls[at];
        if (!played || played.startedMs >= nowMs - indexLagMs) break;
        const known = played.endedMs + 200 <= nowMs ? played.final : played.call;
        if (played.arm === 'stable' && !this.#suspicion.take(track, known, nowMs)) break;
        this.#next[track] = at + 1;
      }
    }
  }

  /** As the one judge does: what is new, and what was open. */
  #verdict(nowMs: number) {
    const active = activeHoldback(this.#head);
    if (!active) return undefined;
    if (this.#comparison?.id !== active.comparisonId) {
      const plan = holdbackPlan(this.#world.plan, active.weightPercent);
      const { errorRate } = this.#world.baseline;
      const sinceMs = Date.parse(active.startedAt);
      const analysis = createAnalysis(plan, { baseline: { errorRate }, sinceMs });
      this.#comparison = { id: active.comparisonId, analysis, fed: new Map(), from: this.#calls.length };
      while ((this.#calls[this.#comparison.from - 1]?.startedMs ?? 0) >= sinceMs) this.#comparison.from -= 1;
    }
    const { analysis, fed, from, id } = this.#comparison;
    for (let at = from; at < this.#calls.length; at += 1) {
      const played = this.#calls[at];
      if (!played || played.comparisonId !== id) continue;
      const over = played.endedMs + 200 <= nowMs;
      if (fed.get(at) === over) continue;
      fed.set(at, over);
      analysis.observe(over ? played.final : played.call);
    }
    while (fed.get(this.#comparison.from) === true) this.#comparison.from += 1;
    return analysis.verdict(nowMs);
  }

  #move(command: Command, nowMs: number): void {
    const at = new Date(nowMs).toISOString();
    const result = transition(this.#head, command, { service, set, at, by: 'bench', standing: () => 'registered' });
    if (result.kind !== 'moved') throw new Error(`${command.kind}: ${JSON.stringify(result)}`);
    this.#head = result.head;
    this.#moves.push({ kind: command.kind, atMs: nowMs });
  }

  #end(untilMs: number): AfterFlipEnd {
    const fromMs = promotedMs + (this.#world.harmMinute ?? 0) * minuteMs;
    const bad = this.#calls.filter(({ arm, failed, startedMs }) => arm === 'stable' && failed && startedMs >= fromMs);
    const first = bad[0]?.startedMs ?? Infinity;
    const atOf = (kind: string): number =>
      this.#moves.find((move) => move.kind === kind && move.atMs >= fromMs)?.atMs ?? Infinity;
    const half = atOf('suspect');
    const back = atOf('roll-back');
    const count = (kind: string): number => this.#moves.filter((move) => move.kind === kind).length;
    const suspected = this.#head.holdback?.suspected;
    return {
      halfAwaySeconds: (Math.min(half, back) - first) / 1_000,
      allBackSeconds: (back - first) / 1_000,
      badCallsToHalf: bad.filter(({ startedMs }) => startedMs <= Math.min(half, back)).length,
      badCallsToBack: bad.filter(({ startedMs }) => startedMs <= back).length,
      suspicions: count('suspect'),
      returns: count('clear'),
      pages: this.#pages,
      rolledBack: count('roll-back') > 0,
      suspectedMinutes: (this.#suspectedMs + (suspected ? untilMs - Date.parse(suspected.at) : 0)) / minuteMs,
    };
  }
}

const headAfterPromotion = ({ holdbackPercent, minutes }: AfterFlip): Head => {
  const at = new Date(promotedMs).toISOString();
  const promotionId = PromotionId.parse(digestOf('promotion').slice(0, 32));
  const until = new Date(promotedMs + Math.max(minutes, 1_440) * minuteMs).toISOString();
  const commands: readonly Command[] = [
    { kind: 'initialize', release: last, reason: 'first' },
    {
      kind: 'start-canary',
      promotionId,
      release: promoted,
      weightPercent: 5,
      exposureUntil: until,
      seenRevision: 1,
      reason: 'next',
    },
    {
      kind: 'promote',
      promotionId,
      evidence: { verdict: 'promote', decision: 'a decision', decidedAt: at },
      holdback: { weightPercent: holdbackPercent, until },
      reason: 'no worse',
    },
  ];
  let head: Head | undefined;
  for (const command of commands) {
    const result = transition(head, command, { service, set, at, by: 'bench', standing: () => 'registered' });
    if (result.kind !== 'moved') throw new Error(`${command.kind}: ${JSON.stringify(result)}`);
    head = result.head;
  }
  if (!head) throw new Error('no head');
  return head;
};

const insert = (sorted: number[], value: number): void => {
  let at = sorted.length;
  while (at > 0 && (sorted[at - 1] ?? 0) > value) at -= 1;
  sorted.splice(at, 0, value);
};
