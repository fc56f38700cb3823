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
  /** Single values, for percentiles; empty for pre-aggregated samples. */
  readonly values: readonly number[];
  /** Seconds: 1 for high-resolution metrics, 60 otherwise. */
  readonly resolution: 1 | 60;
}

interface Cell {
  sum: number;
  count: number;
  min: number;
  max: number;
  values: number[];
}

/** AWS keeps high-resolution points for three hours. */
const retentionMs = 3 * 3_600_000;
const maxMetrics = 10_000;
/** Values kept per second and metric for percentiles. */
const maxValues = 2_000;

const keyOf = ({ namespace, name, dimensions }: MetricId): string =>
  JSON.stringify([namespace, name, ...Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);

const add = (cell: Cell, sample: Pick<MetricSample, 'sum' | 'count' | 'min' | 'max' | 'values'>): void => {
  cell.sum += sample.sum;
  cell.count += sample.count;
  cell.min = Math.min(cell.min, sample.min);
  cell.max = Math.max(cell.max, sample.max);
  if (cell.values.length < maxValues) cell.values.push(...sample.values.slice(0, maxValues - cell.values.length));
};

const emptyCell = (): Cell => ({ sum: 0, count: 0, min: Infinity, max: -Infinity, values: [] });

const percentile = (values: readonly number[], share: number): number | undefined => {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const low = sorted[Math.floor(rank)];
  const high = sorted[Math.ceil(rank)];
  return low === undefined || high === undefined ? undefined : low + (high - low) * (rank - Math.floor(rank));
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

/** The points of all metrics of one account and region, by second; bounded in time and number. */
export class MetricStore {
  private readonly metrics = new Map<string, { readonly id: MetricId; readonly cells: Map<number, Cell> }>();

  /** Samples older than the retention are dropped, as AWS refuses them. */
  put(id: MetricId, sample: MetricSample, nowMs: number): void {
    if (sample.atMs < nowMs - retentionMs) return;
    const key = keyOf(id);
    const metric = this.metrics.get(key) ?? { id, cells: new Map<number, Cell>() };
    if (!this.metrics.has(key)) {
      if (this.metrics.size >= maxMetrics)
        throw new Error(`more than ${maxMetrics} metrics in one account of the embedded cloud`);
      this.metrics.set(key, metric);
    }
    const stepMs = sample.resolution * 1_000;
    const second = Math.floor(sample.atMs / stepMs) * sample.resolution;
    const cell = metric.cells.get(second) ?? emptyCell();
    add(cell, sample);
    metric.cells.set(second, cell);
    this.forget(metric.cells, nowMs);
  }

  /** The statistic per bucket: `length` buckets of `periodSeconds`, the last one ending at `endMs`. */
  read(
    id: MetricId,
    options: {
      readonly statistic: string;
      readonly periodSeconds: number;
      readonly endMs: number;
      readonly length: number;
    },
  ): Series {
    const cells = this.metrics.get(keyOf(id))?.cells;
    const { periodSeconds, length } = options;
    const endSecond = Math.floor(options.endMs / 1_000);
    const buckets = new Map<number, Cell>();
    for (const [second, cell] of cells ?? []) {
      const index = length - Math.ceil((endSecond - second) / periodSeconds);
      if (index < 0 || index >= length || second >= endSecond) continue;
      const bucket = buckets.get(index) ?? emptyCell();
      add(bucket, cell);
      buckets.set(index, bucket);
    }
    return Array.from({ length }, (_, index) => {
      const bucket = buckets.get(index);
      return bucket && statistic(bucket, options.statistic);
    });
  }

  list(): readonly MetricId[] {
    return [...this.metrics.values()].map(({ id }) => id);
  }

  private forget(cells: Map<number, Cell>, nowMs: number): void {
    const oldest = Math.floor((nowMs - retentionMs) / 1_000);
    for (const second of cells.keys()) {
      if (second >= oldest) return;
      cells.delete(second);
    }
  }
}
