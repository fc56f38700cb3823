import { beforeEach, describe, expect, test } from 'vitest';
import { CloudWatch } from '#local/services/cloudwatch/api.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { scope, testContext } from '../test-context.ts';

let clock: ManualClock;
let cloudwatch: CloudWatch;

beforeEach(() => {
  clock = new ManualClock();
  cloudwatch = new CloudWatch(testContext({ clock }), { invoke: () => undefined, publish: () => undefined });
});

const call = (action: string, input: object): Promise<unknown> =>
  cloudwatch.api.operations[action]?.(scope, input) ?? Promise.reject(new Error(action));

const put = (values: Readonly<Record<string, number>>): Promise<unknown> =>
  call('PutMetricData', {
    Namespace: 'Lastgood',
    MetricData: Object.entries(values).map(([MetricName, Value]) => ({ MetricName, Value, StorageResolution: 1 })),
  });

const stat = (id: string, name: string) => ({
  Id: id,
  ReturnData: false,
  MetricStat: { Metric: { Namespace: 'Lastgood', MetricName: name }, Period: 10, Stat: 'Sum' },
});

describe('metrics', () => {
  test('come out of embedded metric lines with their dimensions', async () => {
    const line = JSON.stringify({
      _aws: {
        Timestamp: clock.now(),
        CloudWatchMetrics: [
          {
            Namespace: 'Lastgood',
            Dimensions: [['Service']],
            Metrics: [{ Name: 'Flips', Unit: 'Count', StorageResolution: 1 }],
          },
        ],
      },
      Service: 'appointments',
      Flips: 2,
    });
    cloudwatch.ingestLine(scope, line);
    cloudwatch.ingestLine(scope, 'plain text with "_aws" in it');
    const answer = await call('GetMetricStatistics', {
      Namespace: 'Lastgood',
      MetricName: 'Flips',
      Dimensions: [{ Name: 'Service', Value: 'appointments' }],
      StartTime: clock.now() / 1_000 - 60,
      EndTime: clock.now() / 1_000 + 60,
      Period: 10,
      Statistics: ['Sum', 'SampleCount'],
    });
    expect(answer).toEqual({
      Label: 'Flips',
      Datapoints: [{ Timestamp: clock.now() / 1_000, Unit: 'Count', Sum: 2, SampleCount: 1 }],
    });
  });

  test('answer queries with math, newest first', async () => {
    await put({ CallsEnded: 4, CallsFailed: 1 });
    await clock.advance(10_000);
    await put({ CallsEnded: 8, CallsFailed: 4 });
    const answer = await call('GetMetricData', {
      StartTime: clock.now() / 1_000 - 20,
      EndTime: clock.now() / 1_000 + 10,
      MetricDataQueries: [
        { Id: 'share', Expression: 'bad / total' },
        stat('total', 'CallsEnded'),
        stat('bad', 'CallsFailed'),
      ],
    });
    expect(answer).toMatchObject({ MetricDataResults: [{ Id: 'share', Values: [0.5, 0.25] }] });
  });

  test('give percentiles of single values', async () => {
    await call('PutMetricData', {
      Namespace: 'N',
      MetricData: [{ MetricName: 'Latency', Values: [10, 20, 30, 40], Timestamp: clock.now() / 1_000 }],
    });
    const answer = await call('GetMetricStatistics', {
      Namespace: 'N',
      MetricName: 'Latency',
      StartTime: clock.now() / 1_000,
      EndTime: clock.now() / 1_000 + 60,
      Period: 60,
      ExtendedStatistics: ['p50'],
    });
    expect(answer).toMatchObject({ Datapoints: [{ ExtendedStatistics: { p50: 25 } }] });
  });
});

describe('statistics', () => {
  const statistics = (change: object): Promise<unknown> =>
    call('GetMetricStatistics', {
      Namespace: 'Lastgood',
      MetricName: 'Latency',
      StartTime: clock.now() / 1_000,
      EndTime: clock.now() / 1_000 + 60,
      Period: 60,
      ...change,
    });
  const putLatency = (...data: readonly object[]): Promise<unknown> =>
    call('PutMetricData', {
      Namespace: 'Lastgood',
      MetricData: data.map((datum) => ({ MetricName: 'Latency', Unit: 'Milliseconds', ...datum })),
    });

  test('count every value of Values and Counts into the percentiles', async () => {
    await putLatency({ Values: [10, 1_000], Counts: [990, 10] });
    expect(await statistics({ ExtendedStatistics: ['p50', 'p98', 'p99.9'] })).toMatchObject({
      Datapoints: [{ ExtendedStatistics: { p50: 10, p98: 10, 'p99.9': 1_000 } }],
    });
  });

  test('have no percentile where only sums are known', async () => {
    const set = { SampleCount: 4, Sum: 40, Minimum: 5, Maximum: 20 };
    await putLatency({ StatisticValues: set });
    expect(await statistics({ ExtendedStatistics: ['p50'] })).toMatchObject({ Datapoints: [] });
    expect(await statistics({ Statistics: ['Average'] })).toMatchObject({ Datapoints: [{ Average: 10 }] });
  });

  test('of equal values know their percentile from the sums', async () => {
    await putLatency({ StatisticValues: { SampleCount: 4, Sum: 40, Minimum: 10, Maximum: 10 } });
    expect(await statistics({ ExtendedStatistics: ['p50'] })).toMatchObject({
      Datapoints: [{ ExtendedStatistics: { p50: 10 } }],
    });
  });

  test('keep the units of a metric apart, and alarms can choose one', async () => {
    await putLatency({ Value: 200 }, { Value: 3, Unit: 'Seconds' });
    expect(await statistics({ Statistics: ['Sum'] })).toMatchObject({
      Datapoints: [
        { Unit: 'Milliseconds', Sum: 200 },
        { Unit: 'Seconds', Sum: 3 },
      ],
    });
    expect(await statistics({ Statistics: ['Sum'], Unit: 'Seconds' })).toMatchObject({
      Datapoints: [{ Unit: 'Seconds', Sum: 3 }],
    });
    await call('PutMetricAlarm', {
      AlarmName: 'slow',
      Namespace: 'Lastgood',
      MetricName: 'Latency',
      Statistic: 'Maximum',
      Unit: 'Seconds',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 100,
      ComparisonOperator: 'GreaterThanThreshold',
    });
    await clock.advance(60_000);
    expect(await call('DescribeAlarms', {})).toMatchObject({ MetricAlarms: [{ Unit: 'Seconds', StateValue: 'OK' }] });
  });

  test('put all of a call or none', async () => {
    await expect(putLatency({ Value: 1 }, { Value: 2, Timestamp: 1 })).rejects.toThrow(/three hours/);
    expect(await statistics({ Statistics: ['Sum'] })).toMatchObject({ Datapoints: [] });
  });
});

test('metrics are listed in pages', async () => {
  const name = (index: number): string => `m${index}`;
  for (const start of [0, 300]) {
    await call('PutMetricData', {
      Namespace: 'Many',
      MetricData: Array.from({ length: 300 }, (_, index) => ({ MetricName: name(start + index), Value: 1 })),
    });
  }
  const first = (await call('ListMetrics', { Namespace: 'Many' })) as { Metrics: object[]; NextToken: string };
  expect(first.Metrics).toHaveLength(500);
  const second = await call('ListMetrics', { Namespace: 'Many', NextToken: first.NextToken });
  expect(second).toMatchObject({ Metrics: { length: 100 }, NextToken: undefined });
});
