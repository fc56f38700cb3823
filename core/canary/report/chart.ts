import { clockText, escapeHtml } from './html.ts';

/** Where a chart's data lies inside its drawing, in SVG units. */
export interface PlotFrame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const frame = (width: number, height: number, right = 14): PlotFrame => ({
  width,
  height,
  left: 56,
  right,
  top: 12,
  bottom: 26,
});

export type Scale = (value: number) => number;
export type PlotPlace = readonly [x: number, y: number];

/** Linear scale from a domain to a range; a domain without extent maps to the range's start. */
export const linear = (from: number, to: number, start: number, end: number): Scale =>
  to === from ? () => start : (value) => start + ((value - from) / (to - from)) * (end - start);

export const xScale = ({ width, left, right }: PlotFrame, from: number, to: number): Scale =>
  linear(from, to, left, width - right);

/** Values grow upwards. */
export const yScale = ({ height, top, bottom }: PlotFrame, from: number, to: number): Scale =>
  linear(from, to, height - bottom, top);

const at = (value: number): string => Number(value.toFixed(1)).toString();

export const line = (places: readonly PlotPlace[], className: string): string =>
  `<path class="${className}" d="${places.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${at(x)} ${at(y)}`).join('')}"/>`;

const stepPath = (places: readonly PlotPlace[]): string =>
  places.map(([x, y], index) => (index === 0 ? `M${at(x)} ${at(y)}` : `H${at(x)}V${at(y)}`)).join('');

/** Steps: a value holds until the next place. */
export const steps = (places: readonly PlotPlace[], className: string): string =>
  `<path class="${className}" d="${stepPath(places)}"/>`;

/** The area between steps and a floor. */
export const filledSteps = (places: readonly PlotPlace[], floor: number, className: string): string =>
  `<path class="${className}" d="${stepPath(places)}V${at(floor)}H${at(places[0]?.[0] ?? 0)}Z"/>`;

export const area = (upper: readonly PlotPlace[], lower: readonly PlotPlace[], className: string): string =>
  `<path class="${className}" d="${[...upper, ...lower.toReversed()].map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${at(x)} ${at(y)}`).join('')}Z"/>`;

export const text = (x: number, y: number, label: string, className: string, anchor = 'start'): string =>
  `<text x="${at(x)}" y="${at(y)}" class="${className}" text-anchor="${anchor}">${escapeHtml(label)}</text>`;

export const dot = (x: number, y: number, className: string, title: string): string =>
  `<circle cx="${at(x)}" cy="${at(y)}" r="4" class="${className}"><title>${escapeHtml(title)}</title></circle>`;

export const horizontal = (box: PlotFrame, y: number, className: string): string =>
  `<line x1="${box.left}" x2="${box.width - box.right}" y1="${at(y)}" y2="${at(y)}" class="${className}"/>`;

/** Grid lines with their labels on the left. */
export const yAxis = (box: PlotFrame, scale: Scale, ticks: readonly { value: number; label: string }[]): string =>
  ticks
    .map(
      ({ value, label }) =>
        horizontal(box, scale(value), 'grid') + text(box.left - 8, scale(value) + 4, label, 'tick', 'end'),
    )
    .join('');

/** Moves labels apart that would lie on each other, keeping their order; heights in SVG units. */
export const apart = (upper: number, lower: number, least = 14): readonly [number, number] =>
  lower - upper >= least ? [upper, lower] : [(upper + lower - least) / 2, (upper + lower + least) / 2];

/** Clock times in UTC along the bottom. */
export const timeAxis = (box: PlotFrame, scale: Scale, fromMs: number, toMs: number): string => {
  const { width } = box;
  const spacing = timeSpacings.find((ms) => (toMs - fromMs) / ms <= Math.floor(width / 100)) ?? 7 * 86_400_000;
  const first = Math.ceil(fromMs / spacing) * spacing;
  const count = Math.max(0, Math.floor((toMs - first) / spacing)) + 1;
  return Array.from({ length: Math.min(count, 8) }, (_, index) => first + index * spacing)
    .filter((ms) => ms <= toMs)
    .map((ms) => text(scale(ms), box.height - 8, label(ms, spacing), 'tick', 'middle'))
    .join('');
};

const timeSpacings = [10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400].map(
  (seconds) => seconds * 1_000,
);

const label = (ms: number, spacing: number): string => {
  if (spacing >= 86_400_000) return new Date(ms).toISOString().slice(5, 10);
  return spacing < 60_000 ? new Date(ms).toISOString().slice(11, 19) : clockText(ms);
};

/** Round numbers from 0 to at least `most`, about four of them. */
export const roundTicks = (most: number): number[] => {
  const rough = most / 4;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const spacing = ([1, 2, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10) * magnitude;
  return Array.from({ length: Math.ceil(most / spacing - 1e-9) + 1 }, (_, index) => index * spacing);
};

export const svg = (box: PlotFrame, label: string, content: string): string =>
  `<svg viewBox="0 0 ${box.width} ${box.height}" role="img" aria-label="${escapeHtml(label)}">${content}</svg>`;
