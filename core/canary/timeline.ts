import { type GuardrailName, guardrailNames } from './guardrail.ts';
import { isoOf } from './outcome.ts';
import type { HorizonPoint, Metrics, TimelinePoint } from './verdict.ts';

/** Points kept; beyond that every other one is dropped, so a long canary costs no more than a short one. */
const mostPoints = 96;

export interface TimelineState<Point> {
  readonly stride: number;
  readonly points: readonly Point[];
}

export const emptyTimeline: TimelineState<never> = { stride: 1, points: [] };

/** A call that entered the test as number `entered` (0-based) may become a point. */
export const isPoint = (timeline: TimelineState<unknown>, entered: number): boolean => entered % timeline.stride === 0;

/** Adds a point; which points stay depends on the order of calls alone. */
export const addPoint = <Point>(timeline: TimelineState<Point>, point: Point): TimelineState<Point> => {
  const points = [...timeline.points, point];
  return points.length <= mostPoints
    ? { stride: timeline.stride, points }
    : { stride: timeline.stride * 2, points: points.filter((_, index) => index % 2 === 0) };
};

interface Moment {
  readonly atMs: number;
  readonly callIndex: number;
}

/** What W knew after a call. */
export const pointOf = (
  tests: { logEWindow(): number; logEPromote(): number },
  metrics: Metrics,
  { atMs, callIndex }: Moment,
  weightPercent: number,
): TimelinePoint => {
  return {
    at: isoOf(atMs),
    callIndex,
    weightPercent,
    logEAbort: tests.logEWindow(),
    logEPromote: tests.logEPromote(),
    metrics: Object.fromEntries(
      guardrailNames
        .filter((name) => metrics[name].decides || name === 'errorRate')
        .map((name) => [name, metricPoint(metrics[name])]),
    ),
  };
};

const metricPoint = ({ stable, candidate, logEAbort, logEPromote }: Metrics[GuardrailName]) => ({
  stable: [stable.n, 'bad' in stable ? stable.bad : stable.sumUsd],
  candidate: [candidate.n, 'bad' in candidate ? candidate.bad : candidate.sumUsd],
  logEAbort,
  logEPromote,
});

/** What a short horizon knew after a call. */
export const horizonPointOf = (
  tests: { metrics(): Metrics; logESoon(horizon: number): number },
  horizon: number,
  { atMs, callIndex }: Moment,
): HorizonPoint => {
  const { stable, candidate } = tests.metrics().errorRate.horizons[horizon] ?? nothing;
  return {
    at: isoOf(atMs),
    callIndex,
    logEAbort: tests.logESoon(horizon),
    stable: [stable.n, stable.bad],
    candidate: [candidate.n, candidate.bad],
  };
};

const nothing = { stable: { n: 0, bad: 0 }, candidate: { n: 0, bad: 0 } };
