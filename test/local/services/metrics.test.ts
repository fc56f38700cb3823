import { beforeEach, describe, expect, it } from 'vitest';
import { CloudWatch } from '#local/services/cloudwatch/api.ts';
import { ManualClock } from '../manual-clock.ts';
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
  it('come out of embedded metric lines with their dimensions', async () => {
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

  it('answer queries with math, newest first', async () => {
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

  it('give percentiles of single values', async () => {
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
