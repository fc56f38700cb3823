import type { ExposureStep } from '../verdict.ts';
import {
  type PlotFrame,
  type PlotPlace,
  filledSteps,
  frame,
  steps,
  svg,
  text,
  timeAxis,
  xScale,
  yAxis,
  yScale,
} from './chart.ts';
import { numberText } from './html.ts';

export interface Exposure {
  readonly exposure: readonly ExposureStep[];
  /** Of the axis, epoch milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Whom the callers met. */
  readonly who: string;
}

/** Its share of new callers over time, with the calls of each step. */
export const exposureChart = ({ exposure, fromMs, toMs, who }: Exposure, box: PlotFrame = frame(760, 150)): string => {
  if (exposure.length === 0) return '';
  const most = Math.max(...exposure.map(({ weightPercent }) => weightPercent));
  const top = [5, 10, 25, 50, 100].find((weight) => weight >= most) ?? 100;
  const x = xScale(box, fromMs, toMs);
  const y = yScale(box, 0, 1.2 * top);
  const starts = exposure.map(({ weightPercent, firstAt }, index): PlotPlace => [
    x(index === 0 ? fromMs : Math.min(toMs, Math.max(fromMs, Date.parse(firstAt)))),
    y(weightPercent),
  ]);
  const end: PlotPlace = [x(toMs), y(exposure.at(-1)?.weightPercent ?? 0)];
  const filled = [...starts, end];
  return svg(
    box,
    `Share of new callers that meet ${who}`,
    [
      yAxis(
        box,
        y,
        [0, top / 2, top].map((value) => ({ value, label: `${numberText(value)} %` })),
      ),
      timeAxis(box, x, fromMs, toMs),
      filledSteps(filled, y(0), 'band candidate'),
      steps(filled, 'line candidate'),
      ...exposure.map(({ weightPercent, candidateCalls }, index) => {
        const [px, py] = starts[index] ?? end;
        const roomy = (starts[index + 1]?.[0] ?? end[0]) - px > 130;
        return roomy
          ? text(
              px + 6,
              py - 5,
              `${numberText(weightPercent)} %, ${numberText(candidateCalls)} ${who} calls`,
              'value candidate',
            )
          : '';
      }),
    ].join(''),
  );
};
