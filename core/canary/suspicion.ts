import { z } from 'zod';
import { orderedCall } from './call-order.ts';
import {
  createLikelihoodSum,
  type LikelihoodSum,
  meanAlternatives,
  meanRatios,
  rateAlternatives,
  rateRatios,
  SumState,
} from './likelihood-sum.ts';
import type { CallOutcome } from './outcome.ts';
import type { CanaryPlan } from './plan.ts';
import { settledAtMs, standing, standingAt } from './reading.ts';
import { horizonsOf } from './walk.ts';

/** What is normal for stable: rates in [0, 1], cost in US dollars. */
export interface StableBaseline {
  readonly errorRate: number;
  /** The error rate at each short horizon of the plan. */
  readonly soon: readonly number[];
  readonly interventionRate: number;
  readonly meanCost: number;
}

export interface SuspicionOptions {
  /** Its horizons and costs; the promotion's that brought stable. */
  readonly plan: CanaryPlan;
  readonly baseline: StableBaseline;
  /** Of the service; decides how much evidence a suspicion takes. */
  readonly callsPerMinute: number;
}

export const suspicionSignals = ['errorRate', 'interventionRate', 'meanCost'] as const;
export type SuspicionSignal = (typeof suspicionSignals)[number];

/** What stable seems to have become worse at, with its numbers. */
export interface Raised {
  readonly signal: SuspicionSignal;
  readonly horizonSeconds: number;
  readonly calls: number;
  /** Rate or mean cost over those calls. */
  readonly value: number;
  /** The baseline and its margin. */
  readonly limit: number;
}

const Place = z.strictObject({ startedMs: z.number(), sessionId: z.string() });
type Place = z.infer<typeof Place>;

/** Callers that are remembered at each horizon: one who redials is one caller. */
const mostCallers = 500;
const callerCharacters = 8;

/** Some ten kilobytes of JSON, however long stable is watched. */
export const SuspicionState = z
  .strictObject({
    /** One for each horizon, shortest first, W last. */
    tracks: z
      .array(
        z.strictObject({
          /** The last call that it took. */
          place: Place,
          /** The newest last. */
          callers: z.array(z.string().max(callerCharacters)).max(mostCallers),
          errors: SumState,
        }),
      )
      .max(5),
    interventions: SumState,
    cost: SumState,
    /** False from a suspicion on until all sums have been at zero: what was looked into is not raised again meanwhile. */
    armed: z.boolean(),
  })
  .readonly();
export type SuspicionState = z.infer<typeof SuspicionState>;

/** Worse than the baseline by less than this raises nothing. */
const errorMargin = 0.05;
const interventionMargin = 0.1;
/** Of the most that a call counts in the plan's mean cost. */
const costMarginShare = 0.25;
const costCapShare = 2;

/**
 * A service may be suspected for nothing as often as about once in five days' calls, were it always at the limit; far more seldom at its
 * baseline. So a quiet service needs less evidence, which it gets slowly, than a busy one.
 */
const leastEvidence = 50;
const mostEvidence = 3_000;
const evidenceOf = (callsPerMinute: number): number =>
  Math.min(mostEvidence, Math.max(leastEvidence, (callsPerMinute * 1_440) / 5));

/**
 * Suspects stable: cheap, may be wrong, moves callers towards last-good only. Each horizon takes every call once, in order of start, when
 * it is settled there.
 */
export interface Suspicion {
  /** Horizons, shortest first. */
  readonly tracks: number;
  /** Nothing that started before needs to be read for this horizon. */
  fromMs(track: number): number;
  /** @returns false when the call is not settled at this horizon yet: later ones wait for it */
  take(track: number, call: CallOutcome, nowMs: number): boolean;
  /** What is to be raised now; it is then silent until all of it is over. */
  raise(): readonly Raised[];
  state(): SuspicionState;
}

export const createSuspicion = (options: SuspicionOptions, sinceMs: number, from?: SuspicionState): Suspicion => {
  const { plan, baseline, callsPerMinute } = options;
  const horizons = horizonsOf(plan);
  const threshold = Math.log(evidenceOf(callsPerMinute));
  const fits = from?.tracks.length === horizons.length ? from : undefined;
  const tracks = horizons.map((horizon, index) => openTrack(horizon, index, options, threshold, sinceMs, fits));
  const interventionLimit = limitOf(baseline.interventionRate, interventionMargin);
  const cap = costCapShare * plan.costCapUsd;
  const costLimit = Math.min(0.95 * cap, baseline.meanCost + costMarginShare * plan.costCapUsd);
  const interventions = createLikelihoodSum(rateAlternatives, threshold, fits?.interventions);
  const cost = createLikelihoodSum(meanAlternatives, threshold, fits?.cost);
  let armed = fits?.armed ?? true;

  const signals = (): readonly { readonly sum: LikelihoodSum; readonly raised: Raised }[] => {
    const windowSeconds = plan.outcomeWindowMinutes * 60;
    const raisedOf = (signal: SuspicionSignal, sum: LikelihoodSum, limit: number, horizonSeconds: number) => ({
      sum,
      raised: { signal, horizonSeconds, calls: sum.since.n, value: sum.since.bad / Math.max(1, sum.since.n), limit },
    });
    return [
      ...tracks.map(({ errors, limit, horizon }) => raisedOf('errorRate', errors, limit, horizon.ms / 1_000)),
      raisedOf('interventionRate', interventions, interventionLimit, windowSeconds),
      raisedOf('meanCost', cost, costLimit, windowSeconds),
    ];
  };
  const rearm = (): void => {
    if (!armed && signals().every(({ sum }) => sum.value === 0)) armed = true;
  };

  return {
    tracks: tracks.length,
    fromMs: (track) => tracks[track]?.place.startedMs ?? sinceMs,
    take(track, call, nowMs) {
      const at = tracks[track];
      if (!at) return false;
      const entry = orderedCall(call);
      if (!isAfter(at.place, entry)) return true;
      if (settledAtMs(entry, at.horizon) > nowMs) return false;
      at.place = { startedMs: entry.startedMs, sessionId: entry.sessionId };
      const stands = standingAt(entry, at.horizon);
      // What nobody knows blames nobody.
      if (stands !== standing.ended && stands !== standing.alive) return true;
      if (!remember(at.callers, call.callerId)) return true;
      const ended = stands === standing.ended;
      const failed = ended && call.outcome === 'failed';
      at.errors.add(rateRatios(at.limit, failed), failed ? 1 : 0);
      if (at.horizon.isWindow && ended) {
        const escalated = call.escalated ?? call.outcome === 'escalated';
        interventions.add(rateRatios(interventionLimit, escalated), escalated ? 1 : 0);
        const usd = call.costUsd === undefined ? undefined : Math.min(call.costUsd, cap);
        if (usd !== undefined) cost.add(meanRatios(costLimit, usd), usd);
      }
      rearm();
      return true;
    },
    raise() {
      if (!armed) return [];
      const raised = signals().flatMap(({ sum, raised: one }) => (sum.value >= threshold ? [one] : []));
      if (raised.length > 0) armed = false;
      return raised;
    },
    state: () => ({
      tracks: tracks.map(({ place, callers, errors }) => ({ place, callers: [...callers], errors: errors.state() })),
      interventions: interventions.state(),
      cost: cost.state(),
      armed,
    }),
  };
};

interface OpenTrack {
  readonly horizon: ReturnType<typeof horizonsOf>[number];
  readonly limit: number;
  readonly errors: LikelihoodSum;
  readonly callers: Set<string>;
  place: Place;
}

const openTrack = (
  horizon: OpenTrack['horizon'],
  index: number,
  { baseline }: SuspicionOptions,
  threshold: number,
  sinceMs: number,
  from: SuspicionState | undefined,
): OpenTrack => {
  const kept = from?.tracks[index];
  const rate = horizon.isWindow ? baseline.errorRate : (baseline.soon[index] ?? baseline.errorRate);
  return {
    horizon,
    limit: limitOf(rate, errorMargin),
    errors: createLikelihoodSum(rateAlternatives, threshold, kept?.errors),
    callers: new Set(kept?.callers),
    place: kept?.place ?? { startedMs: sinceMs, sessionId: '' },
  };
};

/** A limit of 1 could never be exceeded. */
const limitOf = (rate: number, margin: number): number => Math.min(0.95, rate + margin);

const isAfter = (place: Place, { startedMs, sessionId }: Place): boolean =>
  startedMs > place.startedMs || (startedMs === place.startedMs && sessionId > place.sessionId);

/** @returns false when the caller was among the last ones */
const remember = (callers: Set<string>, callerId: string): boolean => {
  const name = callerId.slice(-callerCharacters);
  const isNew = !callers.delete(name);
  callers.add(name);
  const [oldest] = callers;
  if (callers.size > mostCallers && oldest !== undefined) callers.delete(oldest);
  return isNew;
};

const names = { errorRate: 'error rate', interventionRate: 'intervention rate', meanCost: 'mean cost' } as const;

/** One sentence for people. */
export const suspicionText = (raised: readonly Raised[]): string =>
  raised
    .map(({ signal, horizonSeconds, calls, value, limit }) => {
      const shown = (amount: number): string =>
        signal === 'meanCost' ? `$${amount.toFixed(2)}` : `${(100 * amount).toFixed(1)} %`;
      const within = signal === 'errorRate' ? ` within ${horizonSeconds} s of their start` : '';
      return `${names[signal]} ${shown(value)} over the last ${calls} callers${within}, above ${shown(limit)}: what was measured of it before and a margin`;
    })
    .join('; ');
