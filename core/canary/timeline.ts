import type { Metrics, TimelinePoint } from './verdict.ts';
import { type GuardrailName, guardrailNames } from './guardrail.ts';
import { isoOf } from './outcome.ts';

/** Points kept; beyond that every other one is dropped, so a long canary costs no more than a short one. */
const mostPoints = 96;

export interface TimelineState {
  readonly stride: number;
  readonly points: readonly TimelinePoint[];
}

export const emptyTimeline: TimelineState = { stride: 1, points: [] };

/** A call that entered the test as number `entered` (0-based) may become a point. */
export const isPoint = (timeline: TimelineState, entered: number): boolean => entered % timeline.stride === 0;

/** Adds a point; which points stay depends on the order of calls alone. */
export const addPoint = (timeline: TimelineState, point: TimelinePoint): TimelineState => {
  const points = [...timeline.points, point];
  return points.length <= mostPoints
    ? { stride: timeline.stride, points }
    : { stride: timeline.stride * 2, points: points.filter((_, index) => index % 2 === 0) };
};

export const pointOf = (
  tests: { metrics(): Metrics; logEAbort(): number; logEPromote(): number },
  moment: { readonly lastKnownMs: number; readonly used: number },
  weightPercent: number,
): TimelinePoint => {
  const metrics = tests.metrics();
  return {
    at: isoOf(moment.lastKnownMs),
    callIndex: moment.used - 1,
    weightPercent,
    logEAbort: tests.logEAbort(),
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
