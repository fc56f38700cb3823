import { tmpdir } from 'node:os';
import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import type { MetricSink } from '#core/host/metrics.ts';
import { alarmNames, resourceNames } from '#core/org/resource-names.ts';
import type { AlarmReader } from '#core/promotion/alarm-reader.ts';
import { candidateWorseAlarm } from '#core/promotion/candidate-alarm.ts';
import type { Random } from '#core/random.ts';
import { CloudWatch } from '#local/services/cloudwatch/api.ts';

const scope = { account: '333333333333', region: 'us-east-1' };
const functionArn = `arn:aws:lambda:${scope.region}:${scope.account}:function:lastgood-roll-back`;
/** Of PutMetricData until an alarm can see it. */
const mostIngestMs = 5_000;

export interface AlarmCloud {
  readonly sink: MetricSink;
  readonly alarms: AlarmReader;
  close(): void;
}

export interface AlarmCloudOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly service: string;
  readonly baselineErrorRate: number;
  /** What the alarm invokes, with the event that a function gets. */
  readonly invoke: (event: unknown) => void;
}

const Described = z.object({ MetricAlarms: z.array(z.object({ AlarmName: z.string(), StateValue: z.string() })) });

/** The embedded cloud's CloudWatch with the alarm of one service, as it is synthesized; what is published takes a while to arrive. */
export const openAlarmCloud = async (options: AlarmCloudOptions): Promise<AlarmCloud> => {
  const { clock, random, service } = options;
  const cloudWatch = new CloudWatch(contextOf(clock), {
    invoke: (_scope, _arn, event) => options.invoke(JSON.parse(event)),
    publish: () => undefined,
  });
  const call = async (action: string, input: object): Promise<unknown> =>
    cloudWatch.api.operations[action]?.(scope, input);
  await call('PutMetricAlarm', alarmInput(service, options.baselineErrorRate));
  return {
    sink: {
      publish: async (points, at) => {
        const MetricData = points.map(({ name, value, dimensions }) => ({
          MetricName: name,
          Value: value,
          Timestamp: at.getTime() / 1_000,
          StorageResolution: 1,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        }));
        const input = { Namespace: resourceNames.metricNamespace, MetricData };
        clock.after(random() * mostIngestMs, () => void call('PutMetricData', input));
      },
    },
    alarms: {
      inAlarm: async (names) => {
        const { MetricAlarms: found } = Described.parse(await call('DescribeAlarms', { AlarmNames: [...names] }));
        return found.filter(({ StateValue }) => StateValue === 'ALARM').map(({ AlarmName }) => AlarmName);
      },
    },
    close: () => cloudWatch.close(),
  };
};

const alarmInput = (service: string, baselineErrorRate: number): object => {
  const alarm = candidateWorseAlarm(baselineErrorRate);
  return {
    AlarmName: alarmNames(service).candidateWorse,
    AlarmActions: [functionArn],
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: alarm.threshold,
    EvaluationPeriods: alarm.evaluationPeriods,
    DatapointsToAlarm: alarm.datapointsToAlarm,
    TreatMissingData: 'notBreaching',
    Metrics: [
      { Id: 'worse', Expression: alarm.expression },
      ...Object.entries(alarm.sums).map(([id, { metricName, arm }]) => ({
        Id: id,
        ReturnData: false,
        MetricStat: {
          Period: alarm.periodSeconds,
          Stat: 'Sum',
          Metric: {
            Namespace: resourceNames.metricNamespace,
            MetricName: metricName,
            Dimensions: [
              { Name: 'Service', Value: service },
              { Name: 'Arm', Value: arm },
            ],
          },
        },
      })),
    ],
  };
};

const contextOf = (clock: Clock) => ({
  clock,
  log: () => undefined,
  endpoint: () => 'http://127.0.0.1:1',
  projectRoot: tmpdir(),
  folder: tmpdir(),
  durable: false,
  processes: {
    start: () => {
      throw new Error('nothing starts a process here');
    },
    list: () => [],
    close: async () => undefined,
  },
});
