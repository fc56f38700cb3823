import { z } from 'zod';
import { Timestamp } from '../words/time.ts';
import { guardrailNames } from './guardrail.ts';

const Counts = z.strictObject({ n: z.int().nonnegative(), bad: z.int().nonnegative() }).readonly();
const Sums = z.strictObject({ n: z.int().nonnegative(), sumUsd: z.number().nonnegative() }).readonly();

/** Natural logarithms of the evidence against "harmless" (abort) and against "worse by the margin" (promote). */
const evidence = { logEAbort: z.number(), logEPromote: z.number() };

/** A guardrail that counts bad calls, at the deciding call or now. */
export const RateMetric = z
  .strictObject({
    stable: Counts,
    candidate: Counts,
    ...evidence,
    marginPercentagePoints: z.number(),
    /** False: measured and reported only, the plan does not name it. */
    decides: z.boolean(),
  })
  .readonly();
export type RateMetric = z.infer<typeof RateMetric>;

/** The error rate also at the short horizons: a call is bad when it had failed so many seconds after its start. */
export const ErrorMetric = z
  .strictObject({
    ...RateMetric.unwrap().shape,
    horizons: z
      .array(
        z.strictObject({
          seconds: z.number(),
          weight: z.number(),
          /** The plan's margin, and what stable may fail later. */
          marginPercentagePoints: z.number(),
          stable: Counts,
          candidate: Counts,
          logEAbort: z.number(),
        }),
      )
      .readonly(),
  })
  .readonly();
export type ErrorMetric = z.infer<typeof ErrorMetric>;

/** Mean cost per call; a call counts at most the plan's cap. */
export const MeanMetric = z
  .strictObject({
    stable: Sums,
    candidate: Sums,
    ...evidence,
    marginUsd: z.number(),
    decides: z.boolean(),
  })
  .readonly();
export type MeanMetric = z.infer<typeof MeanMetric>;

export const Metrics = z
  .strictObject({
    errorRate: ErrorMetric,
    taskSuccess: RateMetric,
    interventionRate: RateMetric,
    slowTurnRate: RateMetric,
    overBudgetRate: RateMetric,
    meanCost: MeanMetric,
  })
  .readonly();
export type Metrics = z.infer<typeof Metrics>;

/** One moment of a short horizon: after call `callIndex`, arms as [n, bad]; `logEAbort` weighted, so that it compares with the threshold. */
export const HorizonPoint = z
  .strictObject({
    at: Timestamp,
    callIndex: z.int().nonnegative(),
    logEAbort: z.number(),
    stable: z.array(z.number()).length(2),
    candidate: z.array(z.number()).length(2),
  })
  .readonly();
export type HorizonPoint = z.infer<typeof HorizonPoint>;

/** One moment of W: what was known after call `callIndex`. Rates as [stable n, bad, candidate n, bad, log E abort, log E promote]. */
export const TimelinePoint = z
  .strictObject({
    at: Timestamp,
    callIndex: z.int().nonnegative(),
    weightPercent: z.number(),
    logEAbort: z.number(),
    logEPromote: z.number(),
    metrics: z.partialRecord(
      z.enum(guardrailNames),
      z.strictObject({ stable: z.array(z.number()).length(2), candidate: z.array(z.number()).length(2), ...evidence }),
    ),
  })
  .readonly();
export type TimelinePoint = z.infer<typeof TimelinePoint>;

const Losses = z
  .strictObject({
    stableCalls: z.int().nonnegative(),
    candidateCalls: z.int().nonnegative(),
    logE: z.number(),
    suspect: z.boolean(),
  })
  .readonly();

/** Calls that entered the test at one weight. */
export const ExposureStep = z
  .strictObject({
    weightPercent: z.number(),
    stableCalls: z.int().nonnegative(),
    candidateCalls: z.int().nonnegative(),
    firstAt: Timestamp,
    lastAt: Timestamp,
  })
  .readonly();
export type ExposureStep = z.infer<typeof ExposureStep>;

/** Why the verdict is `unknown`. `not-yet`: nothing is known of the candidate, and nothing is wrong with that yet. */
export const unknownCauses = [
  'not-yet',
  'no-calls',
  'no-candidate-call',
  'stale',
  'contradictory',
  'missing',
  'assignment',
] as const;

/**
 * Why exposure does not grow and nothing is promoted, though nothing is proven. `leans-worse`: half way to an abort on the logarithmic
 * scale. `above-margin`: the candidate's estimate lies above stable's plus the margin. `recent`: calls that W does not know yet
 * look worse. `watched`: a guardrail that does not decide was shown worse. `refused`: callers are refused in one arm more often.
 */
export const vetoes = ['leans-worse', 'above-margin', 'recent', 'watched', 'refused'] as const;
export type Veto = (typeof vetoes)[number];

export const verdicts = ['promote', 'abort', 'hold', 'unknown'] as const;

/**
 * What the evidence says. `promote`: shown no worse on every deciding guardrail. `abort`: shown worse. `hold`: measured,
 * not enough. `unknown`: could not be measured (no data in time, contradictory records, a router that breaks its weights);
 * it never promotes and never counts against the candidate.
 */
export const Verdict = z
  .strictObject({
    verdict: z.enum(verdicts),
    /** One sentence for people. */
    reason: z.string(),
    /** When the deciding call became known; for hold and unknown the moment of the analysis. */
    at: Timestamp,
    /** 0-based, in order of start, among all distinct calls: the deciding call, or the last one used. */
    callIndex: z.int().nonnegative().nullable(),
    /** The guardrail that carries the most evidence for an abort. */
    decidedBy: z.enum(guardrailNames).optional(),
    /** The horizon at which it carries it, in seconds after a call's start; W for all but the error rate. */
    horizonSeconds: z.number(),
    unknownBecause: z.enum(unknownCauses).optional(),
    vetoes: z.array(z.enum(vetoes)).readonly(),
    metrics: Metrics,
    /** The largest weighted evidence of a horizon: abort at `logThreshold`. Promote when the weakest guardrail reaches it at W. */
    logEAbort: z.number(),
    logEPromote: z.number(),
    logThreshold: z.number(),
    /** More than half way to an abort: exposure does not grow. */
    leansWorse: z.boolean(),
    assignment: z.strictObject({ logE: z.number(), suspect: z.boolean() }).readonly(),
    /** Calls that were handed over and lost: no end W after their start, and nobody who vouches for them. `logE`: the candidate has more. */
    missing: Losses,
    /** Calls that were refused before any release had them. `logE`: one arm has more, whichever. */
    refused: Losses,
    exposure: z.array(ExposureStep).readonly(),
    calls: z
      .strictObject({
        /** Known and used in order, repeats of a caller included. */
        used: z.int().nonnegative(),
        /** Not yet known, or behind one that is not. */
        waiting: z.int().nonnegative(),
        /** Used, but not their caller's first. */
        repeats: z.int().nonnegative(),
        contradictory: z.int().nonnegative(),
        lastKnownAt: Timestamp.nullable(),
      })
      .readonly(),
    /** Bad candidate calls of `decidedBy`, newest last. */
    exampleCallIds: z.array(z.string()).max(5).readonly(),
    timeline: z.array(TimelinePoint).max(128).readonly(),
    /** The same of each short horizon. */
    horizonTimelines: z
      .array(z.strictObject({ seconds: z.number(), points: z.array(HorizonPoint).max(128).readonly() }))
      .readonly(),
  })
  .readonly();
export type Verdict = z.infer<typeof Verdict>;
