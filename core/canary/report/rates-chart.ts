import { type Interval, rateInterval } from '../confidence-sequence.ts';
import type { RateGuardrail } from '../guardrail.ts';
import type { TimelinePoint } from '../verdict.ts';
import {
  type PlotFrame,
  type PlotPlace,
  type Scale,
  apart,
  area,
  dot,
  frame,
  line,
  roundTicks,
  svg,
  text,
  timeAxis,
  xScale,
  yAxis,
  yScale,
} from './chart.ts';
import { percentText } from './html.ts';

export interface RateSeries {
  readonly name: RateGuardrail;
  readonly marginPercentagePoints: number;
  readonly alpha: number;
}

interface ArmPoint extends Interval {
  readonly ms: number;
  readonly rate: number;
  readonly n: number;
}

/** The rates of both arms over time, each with the interval that holds at all times at once, and stable's margin. */
export const ratesChart = (
  timeline: readonly TimelinePoint[],
  series: RateSeries,
  box: PlotFrame = frame(760, 250, 64),
): string => {
  const [stable, candidate] = (['stable', 'candidate'] as const).map((arm) => armPoints(timeline, series, arm));
  if (!stable || !candidate || (stable.length === 0 && candidate.length === 0)) return '';
  const fromMs = Date.parse(timeline[0]?.at ?? '');
  const toMs = Date.parse(timeline.at(-1)?.at ?? '');
  const ticks = roundTicks(highestShown([...stable, ...candidate]));
  const x = xScale(box, fromMs, toMs);
  const y = yScale(box, 0, ticks.at(-1) ?? 1);
  const clip = (rate: number): number => y(Math.min(rate, ticks.at(-1) ?? 1));
  const drawn = (points: readonly ArmPoint[], arm: string): string => {
    const places = (value: (point: ArmPoint) => number): PlotPlace[] =>
      points.map((point) => [x(point.ms), clip(value(point))]);
    return (
      area(
        places(({ high }) => high),
        places(({ low }) => low),
        `band ${arm}`,
      ) +
      line(
        places(({ rate }) => rate),
        `line ${arm}`,
      )
    );
  };
  const margin = series.marginPercentagePoints / 100;
  const limit = stable.map((point): PlotPlace => [x(point.ms), clip(point.rate + margin)]);
  return svg(
    box,
    `${series.name} of stable and candidate over time`,
    [
      yAxis(
        box,
        y,
        ticks.map((value) => ({ value, label: percentText(value) })),
      ),
      timeAxis(box, x, fromMs, toMs),
      drawn(stable, 'stable'),
      drawn(candidate, 'candidate'),
      line(limit, 'limit'),
      endMarks(stable.at(-1), candidate.at(-1), x, clip),
    ].join(''),
  );
};

/** Dots at the end of the lines, their rates beside them. */
const endMarks = (stable: ArmPoint | undefined, candidate: ArmPoint | undefined, x: Scale, y: Scale): string => {
  const marks = [
    { arm: 'stable', point: stable },
    { arm: 'candidate', point: candidate },
  ].flatMap(({ arm, point }) => (point ? [{ arm, point, x: x(point.ms), y: y(point.rate) }] : []));
  const sorted = marks.toSorted((one, other) => one.y - other.y);
  const [upper, lower] = sorted;
  const heights = upper && lower ? apart(upper.y, lower.y) : sorted.map((mark) => mark.y);
  return sorted
    .map(({ arm, point, x: px, y: py }, index) =>
      [
        dot(px, py, `dot ${arm}`, `${arm}: ${percentText(point.rate)} of ${point.n} calls`),
        text(px + 9, (heights[index] ?? py) + 4, percentText(point.rate), `value ${arm}`),
      ].join(''),
    )
    .join('');
};

const armPoints = (
  timeline: readonly TimelinePoint[],
  { name, alpha }: RateSeries,
  arm: 'stable' | 'candidate',
): ArmPoint[] =>
  timeline.flatMap((point) => {
    const [n = 0, bad = 0] = point.metrics[name]?.[arm] ?? [];
    return n === 0 ? [] : [{ ms: Date.parse(point.at), n, rate: bad / n, ...rateInterval(bad, n, alpha) }];
  });

/** The first intervals span nearly everything; the axis follows what the intervals are later. */
const highestShown = (points: readonly ArmPoint[]): number => {
  const settled = points.filter(({ n }) => n >= 10);
  const shown = settled.length > 0 ? settled : points;
  const highs = shown.map(({ high }) => high).sort((one, other) => one - other);
  const rates = shown.map(({ rate }) => rate);
  return Math.min(1, Math.max(0.02, highs[Math.floor(highs.length * 0.75)] ?? 0, 1.15 * Math.max(...rates)));
};
