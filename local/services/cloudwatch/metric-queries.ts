import type { z } from 'zod';
import { AwsError } from '../../http/aws-error.ts';
import { compileQueries, metricId } from './alarm-definition.ts';
import type * as inputs from './inputs.ts';
import { type MetricStore, isStatistic } from './metric-store.ts';
import { type Grid, bucketStart, evaluateQueries } from './query-evaluation.ts';

const maxBuckets = 100_800;

const gridOf = (startSeconds: number, endSeconds: number, periodSeconds: number): Grid => {
  const start = Math.floor(startSeconds / periodSeconds) * periodSeconds;
  const length = Math.ceil((endSeconds - start) / periodSeconds);
  if (length < 1 || length > maxBuckets)
    throw new AwsError(
      'InvalidParameterValue',
      `the time range has ${length} datapoints; 1 to ${maxBuckets} are allowed`,
    );
  return { periodSeconds, length, endMs: (start + length * periodSeconds) * 1_000 };
};

/** GetMetricData: every query that returns data, with the buckets that have a value. */
export const metricData = (store: MetricStore, input: z.infer<typeof inputs.GetMetricData>): object => {
  const queries = compileQueries('GetMetricData', input.MetricDataQueries);
  const periods = queries.flatMap((query) => (query.kind === 'metric' ? [query.periodSeconds] : []));
  const grid = gridOf(input.StartTime, input.EndTime, Math.max(1, ...periods));
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

const members: Readonly<Record<string, string>> = {
  Sum: 'Sum',
  Average: 'Average',
  Minimum: 'Minimum',
  Maximum: 'Maximum',
  SampleCount: 'SampleCount',
};

export const metricStatistics = (store: MetricStore, input: z.infer<typeof inputs.GetMetricStatistics>): object => {
  const names = [...input.Statistics, ...input.ExtendedStatistics];
  const unknown = names.find((name) => !isStatistic(name));
  if (unknown !== undefined) throw new AwsError('InvalidParameterValue', `the statistic ${unknown} is not supported`);
  const grid = gridOf(input.StartTime, input.EndTime, input.Period);
  const id = metricId(input.Namespace, input.MetricName, input.Dimensions);
  const series = names.map((name) => [name, store.read(id, { ...grid, statistic: name })] as const);
  const points = Array.from({ length: grid.length }, (_, index) => ({
    index,
    values: series.flatMap(([name, values]) => (values[index] === undefined ? [] : [[name, values[index]] as const])),
  }));
  return {
    Label: input.MetricName,
    Datapoints: points
      .filter(({ values }) => values.length > 0)
      .map(({ index, values }) => {
        const extended = values.filter(([name]) => !(name in members));
        return {
          Timestamp: bucketStart(grid, index) / 1_000,
          ...Object.fromEntries(values.filter(([name]) => name in members)),
          ...(extended.length > 0 ? { ExtendedStatistics: Object.fromEntries(extended) } : {}),
        };
      }),
  };
};
