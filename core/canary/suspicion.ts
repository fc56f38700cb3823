import { z } from 'zod';
import { createAbsoluteFloor, FloorState } from './absolute-floor.ts';
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
import type { Raised, StableSignal } from './raised.ts';
import { type Horizon, settledAtMs, standing, standingAt } from './reading.ts';
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

const Place = z.strictObject({ startedMs: z.number(), sessionId: z.string() });
type Place = z.infer<typeof Place>;

/** Callers that are remembered at each horizon: one who redials is one caller. */
const mostCallers = 500;
const callerCharacters = 8;

/** Some twenty kilobytes of JSON, however long stable is watched. */
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
    floor: FloorState,
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
 * How many calls a service has between two suspicions for nothing, at the least, were it always at the limit; at its baseline they are far
 * more. A fifth of a day's calls: a quiet service needs less evidence, which it gets slowly, than a busy one.
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
  /** What is beyond any baseline, once until it is over. */
  alarm(): readonly Raised[];
  /** Nothing that was raised is still going on. */
  isCalm(): boolean;
  state(): SuspicionState;
}

/** @param sinceMs when the release became stable */
export const createSuspicion = (options: SuspicionOptions, sinceMs: number, from?: SuspicionState): Suspicion => {
  const { plan, baseline } = options;
  const horizons = horizonsOf(plan);
  const threshold = Math.log(evidenceOf(options.callsPerMinute));
  const fits = from?.tracks.length === horizons.length ? from : undefined;
  const tracks = horizons.map((horizon, index) => openTrack({ horizon, index, baseline, threshold, sinceMs, fits }));
  const ends = openEnds(options, threshold, fits);
  const floor = createAbsoluteFloor(plan, fits?.floor);
  const errors = tracks.map(({ horizon: { ms }, limit, errors: sum }) => ({
    signal: 'errorRate' as const,
    horizonSeconds: ms / 1_000,
    limit,
    sum,
  }));
  const signals: readonly Signal[] = [...errors, ...ends.signals];
  let armed = fits?.armed ?? true;

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
      const ended = stands === standing.ended;
      // What nobody knows blames nobody.
      if (!ended && stands !== standing.alive) return true;
      if (!remember(at.callers, call.callerId)) return true;
      const failed = ended && call.outcome === 'failed';
      at.errors.add(rateRatios(at.limit, failed), failed ? 1 : 0);
      if (at.horizon.isWindow && ended) floor.add({ failed, ...ends.take(call) });
      armed ||= signals.every(({ sum }) => sum.value === 0);
      return true;
    },
    raise() {
      if (!armed) return [];
      const raised = signals.filter(({ sum }) => sum.value >= threshold).map(raisedOf);
      armed = raised.length === 0;
      return raised;
    },
    alarm: () => floor.alarm(),
    isCalm: () => armed && !floor.state().told,
    state: () => ({
      tracks: tracks.map((track) => ({
        place: track.place,
        callers: [...track.callers],
        errors: track.errors.state(),
      })),
      ...ends.state(),
      floor: floor.state(),
      armed,
    }),
  };
};

interface Signal {
  readonly signal: StableSignal;
  readonly horizonSeconds: number;
  readonly limit: number;
  readonly sum: LikelihoodSum;
}

const raisedOf = ({ signal, horizonSeconds, limit, sum: { since } }: Signal): Raised => ({
  signal,
  horizonSeconds,
  limit,
  calls: since.n,
  value: since.bad / Math.max(1, since.n),
  against: 'baseline',
});

interface Track {
  readonly horizon: Horizon;
  readonly limit: number;
  readonly errors: LikelihoodSum;
  readonly callers: Set<string>;
  place: Place;
}

interface TrackStart extends Pick<SuspicionOptions, 'baseline'> {
  readonly horizon: Horizon;
  readonly index: number;
  readonly threshold: number;
  readonly sinceMs: number;
  readonly fits: SuspicionState | undefined;
}

const openTrack = ({ horizon, index, baseline, threshold, sinceMs, fits }: TrackStart): Track => {
  const kept = fits?.tracks[index];
  const rate = horizon.isWindow ? baseline.errorRate : (baseline.soon[index] ?? baseline.errorRate);
  return {
    horizon,
    limit: limitOf(rate, errorMargin),
    errors: createLikelihoodSum(rateAlternatives, threshold, kept?.errors),
    callers: new Set(kept?.callers),
    place: kept?.place ?? { startedMs: sinceMs, sessionId: '' },
  };
};

/** What only the end of a call says: whether a person had to step in, and what it cost. */
const openEnds = ({ plan, baseline }: SuspicionOptions, threshold: number, from: SuspicionState | undefined) => {
  const horizonSeconds = plan.outcomeWindowMinutes * 60;
  const cap = costCapShare * plan.costCapUsd;
  const handOvers = limitOf(baseline.interventionRate, interventionMargin);
  const usdLimit = Math.min(0.95 * cap, baseline.meanCost + costMarginShare * plan.costCapUsd);
  const interventions = createLikelihoodSum(rateAlternatives, threshold, from?.interventions);
  const cost = createLikelihoodSum(meanAlternatives, threshold, from?.cost);
  const signals: readonly Signal[] = [
    { signal: 'interventionRate', horizonSeconds, limit: handOvers, sum: interventions },
    { signal: 'meanCost', horizonSeconds, limit: usdLimit, sum: cost },
  ];
  return {
    signals,
    take({ outcome, escalated, costUsd }: CallOutcome) {
      const isHandedOver = escalated ?? outcome === 'escalated';
      interventions.add(rateRatios(handOvers, isHandedOver), isHandedOver ? 1 : 0);
      if (costUsd === undefined) return { escalated: isHandedOver };
      const usd = Math.min(costUsd, cap);
      cost.add(meanRatios(usdLimit, usd), usd);
      return { escalated: isHandedOver, usd };
    },
    state: () => ({ interventions: interventions.state(), cost: cost.state() }),
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
