import type { TimelinePoint, Verdict } from '../verdict.ts';
import {
  type PlotFrame,
  type PlotPlace,
  dot,
  frame,
  horizontal,
  line,
  svg,
  text,
  timeAxis,
  xScale,
  yAxis,
  yScale,
} from './chart.ts';
import { odds, spanOf } from '../reason.ts';

/** Evidence for "worse" and for "no worse" over time, on a logarithmic axis against the threshold. */
export const evidenceChart = (
  timeline: readonly TimelinePoint[],
  logThreshold: number,
  horizons: Verdict['horizonTimelines'] = [],
  box: PlotFrame = frame(760, 250),
): string => {
  const last = timeline.at(-1);
  const soon = horizons.filter(({ points }) => points.length > 0);
  const moments = [...timeline, ...soon.flatMap(({ points }) => points)].map(({ at }) => Date.parse(at));
  if (moments.length === 0) return '';
  const fromMs = Math.min(...moments);
  const toMs = Math.max(...moments);
  const values = [
    ...timeline.flatMap((point) => [point.logEAbort, point.logEPromote]),
    ...soon.flatMap(({ points }) => points.map((point) => point.logEAbort)),
  ];
  const lowest = Math.min(...values);
  const highest = Math.max(...values);
  const bottom = Math.max(Math.min(lowest, -1), -Math.log(10_000));
  const top = Math.min(Math.max(highest, logThreshold) + 0.6, logThreshold + Math.log(1_000));
  const x = xScale(box, fromMs, toMs);
  const y = yScale(box, bottom, top);
  const clip = (logE: number): number => y(Math.min(top, Math.max(bottom, logE)));
  const places = (value: (point: TimelinePoint) => number): PlotPlace[] =>
    timeline.map((point) => [x(Date.parse(point.at)), clip(value(point))]);
  const ticks = [-9.21, -6.908, -4.605, -2.303, 0, 2.303, 4.605, 6.908, 9.21]
    .filter((value) => value >= bottom && value <= top && Math.abs(value - logThreshold) > 0.4)
    .map((value) => ({ value, label: odds(value) }));
  return svg(
    box,
    'Evidence for worse and for no worse over time',
    [
      yAxis(box, y, ticks),
      timeAxis(box, x, fromMs, toMs),
      horizontal(box, y(logThreshold), 'threshold'),
      text(box.left + 6, y(logThreshold) - 6, `${odds(logThreshold)} decides`, 'value threshold-label'),
      line(
        places((point) => point.logEPromote),
        'line promote',
      ),
      line(
        places((point) => point.logEAbort),
        'line abort',
      ),
      ...soon.map(({ points }) =>
        line(
          points.map((point): PlotPlace => [x(Date.parse(point.at)), clip(point.logEAbort)]),
          'line soon',
        ),
      ),
      ...soon.map(({ seconds, points }) => {
        const end = points.at(-1);
        if (!end) return '';
        const title = `worse within ${spanOf(seconds)}: ${odds(end.logEAbort)}`;
        return dot(x(Date.parse(end.at)), clip(end.logEAbort), 'dot soon', title);
      }),
      ...(last
        ? [
            dot(x(Date.parse(last.at)), clip(last.logEPromote), 'dot promote', `no worse: ${odds(last.logEPromote)}`),
            dot(x(Date.parse(last.at)), clip(last.logEAbort), 'dot abort', `worse: ${odds(last.logEAbort)}`),
          ]
        : []),
    ].join(''),
  );
};
