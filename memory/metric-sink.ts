import type { MetricPoint, MetricReader, MetricSink } from '#core/host/metrics.ts';
import { awsFailure, type MemoryOptions, operate } from './wire.ts';

/** Points that are kept: the newest. */
const maxKept = 100_000;

/** CloudWatch: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
const maxDimensions = 30;

export interface PublishedPoint extends MetricPoint {
  readonly at: Date;
}

export interface MemoryMetrics extends MetricSink, MetricReader {
  /** What was published, oldest first; the latest 100,000. */
  readonly points: readonly PublishedPoint[];
}

export const memoryMetrics = ({ wire }: MemoryOptions): MemoryMetrics => {
  const kept: PublishedPoint[] = [];
  return {
    points: kept,
    publish: (points, at) =>
      operate(wire, { store: 'metrics', kind: 'write', key: '' }, () => {
        for (const point of points) refuseUnfit(point);
        for (const point of points) kept.push({ ...point, at });
        kept.splice(0, Math.max(0, kept.length - maxKept));
      }),
    sums: (name, dimensions, { from, to }) =>
      operate(wire, { store: 'metrics', kind: 'read', key: name }, () => {
        const inTime = kept.filter((point) => point.name === name && from <= point.at && point.at < to);
        return dimensions.map((wanted) =>
          inTime
            .filter((point) => keyOf(point.dimensions) === keyOf(wanted))
            .reduce((sum, { value }) => sum + value, 0),
        );
      }),
  };
};

/** A metric is named by all of its dimensions, in any order. */
const keyOf = (dimensions: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(dimensions).toSorted(([one], [other]) => (one < other ? -1 : 1)));

const refuseUnfit = ({ name, value, dimensions }: MetricPoint): void => {
  if (name !== '' && Number.isFinite(value) && Object.keys(dimensions).length <= maxDimensions) return;
  throw awsFailure(
    { service: 'CloudWatch', operation: 'PutMetricData', name: 'InvalidParameterValueException' },
    `the metric ${JSON.stringify(name)} needs a name, a finite value (got ${value}) and at most ${maxDimensions} dimensions`,
  );
};
