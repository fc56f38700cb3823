import type { z } from 'zod';
import { AwsError } from '../../http/aws-error.ts';
import { compileQueries, metricId } from './alarm-definition.ts';
import type * as inputs from './inputs.ts';
import type { MetricId, MetricStore } from './metric-store.ts';
import { type Grid, bucketStart, evaluateQueries } from './query-evaluation.ts';

const gridOf = (startSeconds: number, endSeconds: number, periodSeconds: number, max: number): Grid => {
  if (startSeconds >= endSeconds)
    throw new AwsError('ValidationError', 'The parameter StartTime must be less than the parameter EndTime.');
  const start = Math.floor(startSeconds / periodSeconds) * periodSeconds;
  const length = Math.ceil((endSeconds - start) / periodSeconds);
  if (length > max) {
    throw new AwsError(
      'InvalidParameterCombination',
      `You have requested up to ${length} datapoints, which exceeds the limit of ${max}. Use a longer Period or a shorter time range.`,
    );
  }
  return { periodSeconds, length, endMs: (start + length * periodSeconds) * 1_000 };
};

/** GetMetricData: every query that returns data, with the buckets that have a value. */
export const metricData = (store: MetricStore, input: z.infer<typeof inputs.GetMetricData>): object => {
  const queries = compileQueries('GetMetricData', input.MetricDataQueries);
  const periods = new Set(queries.flatMap((query) => (query.kind === 'metric' ? [query.periodSeconds] : [])));
  const [periodSeconds] = periods;
  if (periodSeconds === undefined || periods.size > 1)
    throw new AwsError('ValidationError', 'the metrics of one call have one period in the embedded cloud');
  const grid = gridOf(input.StartTime, input.EndTime, periodSeconds, input.MaxDatapoints);
  const results = evaluateQueries(queries, store, grid);
  return {
    MetricDataResults: queries
      .filter(({ returns }) => returns)
      .map(({ id, label }) => {
        const points = (results.get(id) ?? []).flatMap((value, index) =>
          value === undefined ? [] : [{ at: bucketStart(grid, index) / 1_000, value }],
        );
        if (input.ScanBy === 'TimestampDescending') points.reverse();
        return {
          Id: id,
          Label: label,
          Timestamps: points.map(({ at }) => at),
          Values: points.map(({ value }) => value),
          StatusCode: 'Complete',
        };
      }),
    Messages: [],
  };
};

/** Datapoints of one GetMetricStatistics. */
const maxDatapoints = 1_440;

/** GetMetricStatistics: the units of a metric are points of their own. */
export const metricStatistics = (store: MetricStore, input: z.infer<typeof inputs.GetMetricStatistics>): object => {
  const grid = gridOf(input.StartTime, input.EndTime, input.Period, maxDatapoints);
  const id = metricId(input.Namespace, input.MetricName, input.Dimensions);
  const units = store.unitsOf(id).filter((unit) => unit === (input.Unit ?? unit));
  return { Label: input.MetricName, Datapoints: units.flatMap((unit) => datapoints(store, id, grid, unit, input)) };
};

const datapoints = (
  store: MetricStore,
  id: MetricId,
  grid: Grid,
  unit: string,
  input: z.infer<typeof inputs.GetMetricStatistics>,
): readonly object[] => {
  const valuesAt = (names: readonly string[]) => {
    const series = names.map((name) => [name, store.read(id, { ...grid, statistic: name, unit })] as const);
    return (index: number) =>
      series.flatMap(([name, values]) => (values[index] === undefined ? [] : [[name, values[index]] as const]));
  };
  const plain = valuesAt(input.Statistics);
  const extended = valuesAt(input.ExtendedStatistics);
  return Array.from({ length: grid.length }, (_, index) => ({ index, plain: plain(index), extended: extended(index) }))
    .filter((point) => point.plain.length + point.extended.length > 0)
    .map((point) => ({
      Timestamp: bucketStart(grid, point.index) / 1_000,
      Unit: unit,
      ...Object.fromEntries(point.plain),
      ...(point.extended.length > 0 && { ExtendedStatistics: Object.fromEntries(point.extended) }),
    }));
};
