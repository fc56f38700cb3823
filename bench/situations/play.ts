import type { CanaryPlan } from '#core/canary/plan.ts';
import { planByName } from '#core/canary/plans.ts';
import { storedDecisionRecord } from '#core/canary/decision.ts';
import { effectiveWeight } from '#core/version-set/effective-weight.ts';
import type { PromotionInput } from '#core/promotion/promotion-input.ts';
import { type FateOf, lengthMs, threeMinutes } from '#bench/simulate/fates.ts';
import { Stage, type StageSettings } from '#bench/simulate/stage.ts';

export const minuteMs = 60_000;

/** What a run comes to: numbers and words only, so that a worker can hand it over. */
export interface Outcome {
  readonly ended: 'promoted' | 'aborted' | 'undecided';
  /** From the start of the first bad call to the abort, in seconds; null when there was none. */
  readonly secondsToAbort: number | null;
  /** Candidate calls that the decision to promote had taken. */
  readonly candidateCalls: number | null;
  /** Minutes since the start of the canary at which it was decided. */
  readonly minutes: number | null;
  /** Epoch milliseconds. */
  readonly endedAtMs: number | null;
  /** The verdict of the latest decision. */
  readonly verdict: string;
  readonly isQuarantined: boolean;
  readonly pages: number;
  /** Exposure grew after the moment that the scene asks about. */
  readonly grewAfter: boolean;
  readonly calls: number;
}

export interface Canary {
  readonly plan?: CanaryPlan;
  readonly callsPerMinute?: number;
  /** Minutes after which it is given up. */
  readonly minutes: number;
  readonly fateOf: FateOf;
  readonly stage?: Partial<StageSettings>;
  /** Does something to the world while the canary runs. */
  readonly around?: (stage: Stage) => void;
  /** Minutes since the start of the canary from which exposure is watched. */
  readonly watchedFromMinute?: number;
}

export const standard = planByName('standard');

export const stageOf = (seed: number, changes: Partial<StageSettings>, fateOf: FateOf): Stage =>
  new Stage({
    seed,
    indexLagMs: 500,
    baselineErrorRate: 0.05,
    expectedCallsPerMinute: 60,
    callsPerMinute: () => 60,
    versions: 2,
    edges: 2,
    shards: 2,
    hostsPerPool: 2,
    maxCallsPerHost: 5_000,
    leaseEveryMs: 60_000,
    fateOf,
    ...changes,
  });

/** Calls that last minutes and of which a share fails, at any time of a call. */
export const usual =
  (failing: number): FateOf =>
  (_call, chance) => {
    const failed = chance.isTrue(failing);
    return { afterMs: lengthMs(threeMinutes, chance), outcome: failed ? 'failed' : 'completed' };
  };

/** Plays a canary from its request to its end, through everything that the product has, and nothing else happens. */
export const playCanary = async (canary: Canary, seed: number): Promise<Outcome> => {
  const { plan = standard, callsPerMinute = 60, minutes } = canary;
  const moments: Moments = {};
  const fateOf: FateOf = (call, chance) => {
    const fate = canary.fateOf(call, chance);
    if (fate.outcome === 'failed' && call.assignment.arm === 'candidate')
      moments.firstBadMs ??= Date.parse(call.assignment.startedAt);
    return fate;
  };
  const stage = stageOf(seed, { callsPerMinute: () => callsPerMinute, ...canary.stage }, fateOf);
  const { world } = stage;
  world.onHead(({ before, after }) => {
    if (before?.candidate === undefined && after.candidate) moments.startMs = world.nowMs;
    if (before?.candidate && after.candidate === undefined) moments.endMs = world.nowMs;
    const grew = effectiveWeight(after, world.nowMs) > (before ? effectiveWeight(before, world.nowMs) : 0);
    const watchedMs = (moments.startMs ?? world.nowMs) + (canary.watchedFromMinute ?? 0) * minuteMs;
    if (grew && world.nowMs > watchedMs) moments.grewAfter = true;
  });
  await stage.open();
  canary.around?.(stage);
  const input = await stage.promote('1.1', plan);
  const untilMs = world.nowMs + minutes * minuteMs;
  while (moments.endMs === undefined && world.nowMs < untilMs) await world.clock.advance(5_000);
  // The workflow's last steps, and the pages.
  if (moments.endMs !== undefined) await world.clock.advance(30_000);
  return outcomeOf(stage, input, moments);
};

/** Epoch milliseconds of what was seen. */
interface Moments {
  startMs?: number;
  endMs?: number;
  firstBadMs?: number;
  grewAfter?: boolean;
}

const outcomeOf = async (
  { world, callers }: Stage,
  { promotionId, release }: PromotionInput,
  { startMs, endMs, firstBadMs, grewAfter = false }: Moments,
): Promise<Outcome> => {
  const { head, org } = world;
  const ended = endMs === undefined ? 'undecided' : head?.stable === release ? 'promoted' : 'aborted';
  const [decision] = await org.promotions.decisions(promotionId, 1);
  const record = decision === undefined ? undefined : storedDecisionRecord.recognize(decision.record);
  const isBarred = (await org.evidence.quarantineOf(release)) !== undefined;
  return {
    ended,
    secondsToAbort:
      ended === 'aborted' && endMs !== undefined && firstBadMs !== undefined ? (endMs - firstBadMs) / 1_000 : null,
    candidateCalls: ended === 'promoted' ? (record?.verdict.metrics.errorRate.candidate.n ?? null) : null,
    minutes: endMs !== undefined && startMs !== undefined ? (endMs - startMs) / minuteMs : null,
    endedAtMs: endMs ?? null,
    verdict: decision?.verdict ?? 'none',
    isQuarantined: isBarred,
    pages: org.pager.sent.length,
    grewAfter,
    calls: callers?.calls ?? 0,
  };
};
