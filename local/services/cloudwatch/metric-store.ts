import { LastgoodError } from '#core/errors.ts';
import type { Series } from './metric-math.ts';

/** Identity of a metric within one account and region. */
export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface MetricSample {
  readonly atMs: number;
  readonly sum: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** Distinct values with their counts, for percentiles; undefined when only their sum is known. */
  readonly values: readonly (readonly [value: number, count: number])[] | undefined;
  readonly unit: string;
  /** Seconds: 1 for high-resolution metrics, 60 otherwise. */
  readonly resolution: 1 | 60;
}

interface Cell {
  sum: number;
  count: number;
  min: number;
  max: number;
  /** Counts by value; undefined when a sample without values is in it, or there are too many. */
  values: Map<number, number> | undefined;
}

/** AWS keeps high-resolution points for three hours. */
export const retentionMs = 3 * 3_600_000;
const maxMetrics = 10_000;
/** Distinct values kept per second and metric for percentiles; with more there are none. */
const maxValues = 2_000;

const keyOf = ({ namespace, name, dimensions }: MetricId): string =>
  JSON.stringify([namespace, name, ...Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);

const add = (cell: Cell, sample: Pick<MetricSample, 'sum' | 'count' | 'min' | 'max'> & Distribution): void => {
  cell.sum += sample.sum;
  cell.count += sample.count;
  cell.min = Math.min(cell.min, sample.min);
  cell.max = Math.max(cell.max, sample.max);
  if (sample.values === undefined) cell.values = undefined;
  for (const [value, count] of sample.values ?? []) cell.values?.set(value, (cell.values.get(value) ?? 0) + count);
  if (cell.values && cell.values.size > maxValues) cell.values = undefined;
};

interface Distribution {
  readonly values: Iterable<readonly [value: number, count: number]> | undefined;
}

const emptyCell = (): Cell => ({ sum: 0, count: 0, min: Infinity, max: -Infinity, values: new Map() });

/** Interpolates between the two nearest ranks; nothing without the single values. */
const percentile = (values: Cell['values'], share: number): number | undefined => {
  const sorted = [...(values ?? [])].sort(([a], [b]) => a - b);
  const rank = share * (sorted.reduce((sum, [, count]) => sum + count, 0) - 1);
  const low = valueAt(sorted, Math.floor(rank));
  const high = valueAt(sorted, Math.ceil(rank));
  return low === undefined || high === undefined ? undefined : low + (high - low) * (rank - Math.floor(rank));
};

const valueAt = (sorted: readonly (readonly [number, number])[], position: number): number | undefined => {
  let seen = 0;
  return sorted.find(([, count]) => (seen += count) > position)?.[0];
};

/** A statistic of CloudWatch: Sum, Average, Minimum, Maximum, SampleCount, p0 to p100. */
export const isStatistic = (name: string): boolean =>
  /^(Sum|Average|Minimum|Maximum|SampleCount|p(100|\d{1,2}(\.\d+)?))$/.test(name);

const statistic = (cell: Cell, name: string): number | undefined => {
  switch (name) {
    case 'Sum':
      return cell.sum;
    case 'Average':
      return cell.sum / cell.count;
    case 'Minimum':
      return cell.min;
    case 'Maximum':
      return cell.max;
    case 'SampleCount':
      return cell.count;
    default:
      return percentile(cell.values, Number(name.slice(1)) / 100);
  }
};

interface StoredMetric {
  readonly id: MetricId;
  /** Points by unit, then by second: AWS keeps the units of a metric apart, too. */
  readonly units: Map<string, Map<number, Cell>>;
}

/** The points of all metrics of one account and region, by second; bounded in time and number. */
export class MetricStore {
  readonly #metrics = new Map<string, StoredMetric>();

  /**
   * Adds a sample; one that is older than the retention is dropped.
   * @throws LastgoodError `busy` for one metric too many
   */
  put(id: MetricId, sample: MetricSample, nowMs: number): void {
    if (sample.atMs < nowMs - retentionMs) return;
    const key = keyOf(id);
    const metric = this.#metrics.get(key) ?? { id, units: new Map<string, Map<number, Cell>>() };
    if (!this.#metrics.has(key)) {
      if (this.#metrics.size >= maxMetrics)
        throw new LastgoodError('busy', `one account of the embedded cloud holds at most ${maxMetrics} metrics`);
      this.#metrics.set(key, metric);
    }
    const cells = metric.units.get(sample.unit) ?? new Map<number, Cell>();
    metric.units.set(sample.unit, cells);
    const stepMs = sample.resolution * 1_000;
    const second = Math.floor(sample.atMs / stepMs) * sample.resolution;
    const cell = cells.get(second) ?? emptyCell();
    add(cell, sample);
    cells.set(second, cell);
    forget(cells, nowMs);
  }

  /** The statistic per bucket: `length` buckets of `periodSeconds`, the last one ending at `endMs`. */
  read(
    id: MetricId,
    options: {
      readonly statistic: string;
      /** @default - all of them together */
      readonly unit?: string | undefined;
      readonly periodSeconds: number;
      readonly endMs: number;
      readonly length: number;
    },
  ): Series {
    const units = this.#metrics.get(keyOf(id))?.units ?? new Map<string, Map<number, Cell>>();
    const { periodSeconds, length } = options;
    const endSecond = Math.floor(options.endMs / 1_000);
    const buckets = new Map<number, Cell>();
    for (const [unit, cells] of units) {
      if (unit !== (options.unit ?? unit)) continue;
      for (const [second, cell] of cells) {
        const index = length - Math.ceil((endSecond - second) / periodSeconds);
        if (index < 0 || index >= length || second >= endSecond) continue;
        const bucket = buckets.get(index) ?? emptyCell();
        add(bucket, cell);
        buckets.set(index, bucket);
      }
    }
    return Array.from({ length }, (_, index) => {
      const bucket = buckets.get(index);
      return bucket && statistic(bucket, options.statistic);
    });
  }

  /** Units in which a metric was measured. */
  unitsOf(id: MetricId): readonly string[] {
    return [...(this.#metrics.get(keyOf(id))?.units.keys() ?? [])];
  }

  list(): readonly MetricId[] {
    return [...this.#metrics.values()].map(({ id }) => id);
  }
}

const forget = (cells: Map<number, Cell>, nowMs: number): void => {
  const oldest = Math.floor((nowMs - retentionMs) / 1_000);
  for (const second of cells.keys()) {
    if (second >= oldest) return;
    cells.delete(second);
  }
};
