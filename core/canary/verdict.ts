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

/** Mean cost per call; a call counts at most the plan's cap. */
export const MeanMetric = z
  .strictObject({ stable: Sums, candidate: Sums, ...evidence, marginUsd: z.number(), decides: z.boolean() })
  .readonly();
export type MeanMetric = z.infer<typeof MeanMetric>;

export const Metrics = z
  .strictObject({
    errorRate: RateMetric,
    taskSuccess: RateMetric,
    interventionRate: RateMetric,
    slowTurnRate: RateMetric,
    overBudgetRate: RateMetric,
    meanCost: MeanMetric,
  })
  .readonly();
export type Metrics = z.infer<typeof Metrics>;

/** One moment of the past: what was known after call `callIndex`. Rates as [stable n, bad, candidate n, bad, log E abort, log E promote]. */
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
    metrics: Metrics,
    /** Over all deciding guardrails: abort at `logThreshold`, promote when the weakest one reaches it. */
    logEAbort: z.number(),
    logEPromote: z.number(),
    logThreshold: z.number(),
    /** More than half way to an abort: exposure does not grow. */
    leansWorse: z.boolean(),
    assignment: z.strictObject({ logE: z.number(), suspect: z.boolean() }).readonly(),
    /** Calls without a recorded end W after their start; `logE`: evidence that the candidate has more of them. */
    missing: z
      .strictObject({
        stableCalls: z.int().nonnegative(),
        candidateCalls: z.int().nonnegative(),
        logE: z.number(),
        suspect: z.boolean(),
      })
      .readonly(),
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
  })
  .readonly();
export type Verdict = z.infer<typeof Verdict>;
