import { z } from 'zod';
import { tags } from '../tags.ts';

/** Source of every bound here: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Operations.html */

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const rates = ['Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes', 'Bits', 'Kilobits', 'Megabits', 'Gigabits', 'Terabits', 'Count'] as const; // prettier-ignore
export const Unit = z.enum([
  'Seconds', 'Microseconds', 'Milliseconds', 'Percent', 'None', ...rates, ...rates.map((unit) => `${unit}/Second` as const),
]); // prettier-ignore

const Statistic = z.enum(['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum']);
const Percentile = z
  .string()
  .regex(/^p(100|\d{1,2}(\.\d{1,10})?)$/, 'the embedded cloud knows percentiles, p0 to p100');
const time = z.number().positive();
const name = z.string().min(1).max(255);
const namespace = name.regex(/^[^:]/, 'a namespace does not begin with a colon');

/** Seconds of a bucket. */
const Period = z
  .int()
  .refine(
    (period) => [1, 5, 10, 20, 30].includes(period) || (period >= 60 && period % 60 === 0),
    'a period is 1, 5, 10, 20, 30 or a multiple of 60 seconds',
  );

const Dimensions = z
  .array(z.strictObject({ Name: name.regex(/^[^:]/), Value: z.string().min(1).max(1_024) }))
  .max(30)
  .refine((list) => new Set(list.map(({ Name }) => Name)).size === list.length, 'a dimension is named once')
  .default([]);

const MetricStat = z.strictObject({
  Metric: z.strictObject({ Namespace: namespace, MetricName: name, Dimensions }),
  Period: z.number(),
  Stat: z.string(),
  Unit: Unit.optional(),
});

/** One entry of `Metrics` of an alarm or of GetMetricData. */
export const MetricQuery = z
  .strictObject({
    Id: z.string().regex(/^[a-z]\w{0,254}$/, 'an id starts with a lower-case letter'),
    Expression: z.string().min(1).max(2_048).optional(),
    Label: z.string().optional(),
    MetricStat: MetricStat.optional(),
    Period: z.number().optional(),
    ReturnData: z.boolean().default(true),
  })
  .refine(
    ({ Expression: expression, MetricStat: stat }) => (expression === undefined) !== (stat === undefined),
    'a metric is either a MetricStat or an Expression',
  );
export type MetricQuery = z.infer<typeof MetricQuery>;

const queries = z
  .array(MetricQuery)
  .min(1)
  .refine((list) => new Set(list.map(({ Id }) => Id)).size === list.length, 'every Id is used once');

const actions = z.array(z.string().min(1).max(1_024)).max(5).default([]);

const alarm = {
  AlarmName: name,
  AlarmDescription: z.string().max(1_024).default(''),
  ActionsEnabled: z.boolean().default(true),
  AlarmActions: actions,
  OKActions: actions,
  InsufficientDataActions: actions,
  Tags: tags.optional(),
};

/** A metric alarm: the properties of AWS::CloudWatch::Alarm, which are those of PutMetricAlarm. */
export const AlarmInput = z.strictObject({
  ...alarm,
  ComparisonOperator: z.enum([
    'GreaterThanThreshold',
    'GreaterThanOrEqualToThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  Threshold: z.number(),
  EvaluationPeriods: z.int().min(1),
  DatapointsToAlarm: z.int().min(1).optional(),
  TreatMissingData: z.enum(['missing', 'ignore', 'breaching', 'notBreaching']).default('missing'),
  Namespace: namespace.optional(),
  MetricName: name.optional(),
  Dimensions,
  Statistic: z.string().optional(),
  ExtendedStatistic: z.string().optional(),
  Period: z.number().optional(),
  Unit: Unit.optional(),
  Metrics: queries.max(20).optional(),
  EvaluateLowSampleCountPercentile: z.literal('evaluate').optional(),
});
export type AlarmInput = z.infer<typeof AlarmInput>;

/** A composite alarm: the properties of AWS::CloudWatch::CompositeAlarm. */
export const CompositeInput = z.strictObject({ ...alarm, AlarmRule: z.string().min(1).max(10_240) });
export type CompositeInput = z.infer<typeof CompositeInput>;

const MetricDatum = z
  .strictObject({
    MetricName: name,
    Dimensions,
    Timestamp: time.optional(),
    Value: z.number().optional(),
    Values: z.array(z.number()).min(1).max(150).optional(),
    Counts: z.array(z.number().positive()).max(150).optional(),
    StatisticValues: z
      .strictObject({ SampleCount: z.number().positive(), Sum: z.number(), Minimum: z.number(), Maximum: z.number() })
      .optional(),
    Unit: Unit.default('None'),
    StorageResolution: z.union([z.literal(1), z.literal(60)]).default(60),
  })
  .refine(
    ({ Value: value, Values: values, StatisticValues: set }) =>
      [value, values, set].filter((one) => one !== undefined).length === 1,
    {
      message: 'a datum has exactly one of Value, Values and StatisticValues',
      params: { code: 'InvalidParameterCombination' },
    },
  )
  .refine(({ Values: values, Counts: counts }) => counts === undefined || counts.length === values?.length, {
    message: 'Counts has as many members as Values',
    params: { code: 'InvalidParameterCombination' },
  });
export type MetricDatum = z.infer<typeof MetricDatum>;

export const PutMetricData = z.strictObject({
  Namespace: namespace.regex(/^(?!AWS\/)/, 'namespaces of AWS/ are its own'),
  MetricData: z.array(MetricDatum).min(1).max(1_000),
  // There are no entities here, so nothing is there to be checked strictly.
  StrictEntityValidation: z.literal(false).optional(),
});

const StateValue = z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']);

export const DescribeAlarms = z.strictObject({
  AlarmNames: z.array(name).max(100).optional(),
  AlarmNamePrefix: name.optional(),
  AlarmTypes: z.array(z.enum(['MetricAlarm', 'CompositeAlarm'])).default(['MetricAlarm']),
  StateValue: StateValue.optional(),
  MaxRecords: z.int().min(1).max(100).default(50),
  NextToken: z.string().optional(),
});

export const SetAlarmState = z.strictObject({
  AlarmName: name,
  StateValue,
  StateReason: z.string().max(1_023),
  StateReasonData: z.string().max(4_000).refine(isJson, 'it is not JSON').default('{}'),
});

export const AlarmNames = z.strictObject({ AlarmNames: z.array(name).max(100) });

export const GetMetricData = z.strictObject({
  MetricDataQueries: queries.max(500),
  StartTime: time,
  EndTime: time,
  ScanBy: z.enum(['TimestampDescending', 'TimestampAscending']).default('TimestampDescending'),
  MaxDatapoints: z.int().min(1).max(100_800).default(100_800),
});

export const GetMetricStatistics = z
  .strictObject({
    Namespace: namespace,
    MetricName: name,
    Dimensions,
    StartTime: time,
    EndTime: time,
    Period,
    Statistics: z.array(Statistic).max(5).default([]),
    ExtendedStatistics: z.array(Percentile).max(10).default([]),
    Unit: Unit.optional(),
  })
  .refine(({ Statistics: plain, ExtendedStatistics: extended }) => plain.length === 0 || extended.length === 0, {
    message: 'ask for Statistics or ExtendedStatistics, not for both',
    params: { code: 'InvalidParameterCombination' },
  })
  .refine(({ Statistics: plain, ExtendedStatistics: extended }) => plain.length + extended.length > 0, {
    message: 'Statistics or ExtendedStatistics is required',
    params: { code: 'MissingParameter' },
  });

export const ListMetrics = z.strictObject({
  Namespace: namespace.optional(),
  MetricName: name.optional(),
  Dimensions: z
    .array(z.strictObject({ Name: name, Value: z.string().optional() }))
    .max(10)
    .default([]),
  NextToken: z.string().optional(),
  // Everything that the embedded cloud keeps is that recent.
  RecentlyActive: z.literal('PT3H').optional(),
});
