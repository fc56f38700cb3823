import { z } from 'zod';
import { MetricQuery } from './alarm-definition.ts';

const time = z.number();
const Dimensions = z
  .array(z.strictObject({ Name: z.string(), Value: z.string() }))
  .max(30)
  .default([]);

const MetricDatum = z.strictObject({
  MetricName: z.string(),
  Dimensions,
  Timestamp: time.optional(),
  Value: z.number().optional(),
  Values: z.array(z.number()).max(150).optional(),
  Counts: z.array(z.number()).max(150).optional(),
  StatisticValues: z
    .strictObject({ SampleCount: z.number(), Sum: z.number(), Minimum: z.number(), Maximum: z.number() })
    .optional(),
  Unit: z.string().optional(),
  StorageResolution: z.union([z.literal(1), z.literal(60)]).default(60),
});
export type MetricDatum = z.infer<typeof MetricDatum>;

/** Source of the bounds: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
export const PutMetricData = z.strictObject({
  Namespace: z.string().min(1).max(255),
  MetricData: z.array(MetricDatum).max(1_000).default([]),
  StrictEntityValidation: z.boolean().optional(),
});

export const DescribeAlarms = z.strictObject({
  AlarmNames: z.array(z.string()).max(100).optional(),
  AlarmNamePrefix: z.string().optional(),
  AlarmTypes: z.array(z.enum(['MetricAlarm', 'CompositeAlarm'])).default(['MetricAlarm']),
  StateValue: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']).optional(),
  MaxRecords: z.int().min(1).max(100).default(50),
  NextToken: z.string().optional(),
});

export const SetAlarmState = z.strictObject({
  AlarmName: z.string(),
  StateValue: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
  StateReason: z.string(),
  StateReasonData: z.string().default('{}'),
});

export const AlarmNames = z.strictObject({ AlarmNames: z.array(z.string()).max(100) });

export const GetMetricData = z.strictObject({
  MetricDataQueries: z.array(MetricQuery).min(1).max(500),
  StartTime: time,
  EndTime: time,
  ScanBy: z.enum(['TimestampDescending', 'TimestampAscending']).default('TimestampDescending'),
  MaxDatapoints: z.number().optional(),
  NextToken: z.string().optional(),
});

export const GetMetricStatistics = z.strictObject({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions,
  StartTime: time,
  EndTime: time,
  Period: z.int().min(1),
  Statistics: z.array(z.string()).default([]),
  ExtendedStatistics: z.array(z.string()).default([]),
  Unit: z.string().optional(),
});

export const ListMetrics = z.strictObject({
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: z.array(z.strictObject({ Name: z.string(), Value: z.string().optional() })).default([]),
  NextToken: z.string().optional(),
});
