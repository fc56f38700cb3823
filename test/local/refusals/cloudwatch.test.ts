import { refusalTable } from './refusal-table.ts';

const alarm = {
  AlarmName: 'errors',
  Namespace: 'Lastgood',
  MetricName: 'Errors',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 0,
  ComparisonOperator: 'GreaterThanThreshold',
};
const single = { Namespace: undefined, MetricName: undefined, Statistic: undefined, Period: undefined };
const query = (change: object = {}) => ({
  Id: 'm1',
  MetricStat: { Metric: { Namespace: 'Lastgood', MetricName: 'Errors' }, Period: 60, Stat: 'Sum', ...change },
});
const datum = { MetricName: 'Errors', Value: 1 };
const data = (change: object) => ({ MetricData: [{ ...datum, ...change }] });
const range = { StartTime: 1_772_323_200, EndTime: 1_772_323_800 };
const noValue = { Value: undefined };
const statistics = { SampleCount: 2, Sum: 3, Minimum: 1, Maximum: 2 };

refusalTable('CloudWatch', {
  operations: (services) => services.cloudwatch.api.operations,
  invalid: {
    PutMetricData: 'InvalidParameterValue',
    GetMetricStatistics: 'InvalidParameterValue',
    ListMetrics: 'InvalidParameterValue',
    GetMetricData: 'ValidationError',
    PutMetricAlarm: 'ValidationError',
    PutCompositeAlarm: 'ValidationError',
    DeleteAlarms: 'ValidationError',
    EnableAlarmActions: 'ValidationError',
    DisableAlarmActions: 'ValidationError',
    DescribeAlarms: 'ValidationError',
    SetAlarmState: 'ValidationError',
  },
  prepare: async (services) => {
    const scope = { account: '111111111111', region: 'us-east-1' };
    await services.cloudwatch.api.operations['PutCompositeAlarm']?.(scope, { AlarmName: 'any', AlarmRule: 'FALSE' });
  },
  refused: {
    PutMetricData: {
      valid: { Namespace: 'Lastgood', MetricData: [datum] },
      wrongType: data({ Value: '1' }),
      rows: [
        [{ Namespace: undefined }, 'MissingParameter', /Namespace/],
        [{ Namespace: 'AWS/Lambda' }, 'InvalidParameterValue', /AWS\//],
        [{ Namespace: ':odd' }, 'InvalidParameterValue', /colon/],
        [{ MetricData: [] }, 'InvalidParameterValue', /MetricData/],
        [{ StrictEntityValidation: true }, 'InvalidParameterValue', /StrictEntityValidation/],
        [{ EntityMetricData: [] }, 'InvalidParameterValue', /EntityMetricData/],
        [data({ Unit: 'Calls' }), 'InvalidParameterValue', /Unit/],
        [data({ StorageResolution: 10 }), 'InvalidParameterValue', /StorageResolution/],
        [data({ Dimensions: [{ Name: 'Arm', Value: '' }] }), 'InvalidParameterValue', /Value/],
        [
          data({ Dimensions: ['a', 'b'].map((Value) => ({ Name: 'Arm', Value })) }),
          'InvalidParameterValue',
          /named once/,
        ],
        [data({ Surprise: 1 }), 'InvalidParameterValue', /Surprise/],
        [data(noValue), 'InvalidParameterCombination', /exactly one/],
        [data({ Values: [1], Counts: [1] }), 'InvalidParameterCombination', /exactly one/],
        [data({ StatisticValues: statistics }), 'InvalidParameterCombination', /exactly one/],
        [data({ ...noValue, Values: [1, 2], Counts: [1] }), 'InvalidParameterCombination', /as many/],
        [data({ Timestamp: range.StartTime - 4 * 3_600 }), 'InvalidParameterValue', /three hours/],
        [data({ Timestamp: range.StartTime + 3 * 3_600 }), 'InvalidParameterValue', /ahead/],
      ],
    },
    GetMetricStatistics: {
      valid: { Namespace: 'Lastgood', MetricName: 'Errors', Period: 60, Statistics: ['Sum'], ...range },
      wrongType: { Period: '60' },
      rows: [
        [{ Period: 15 }, 'InvalidParameterValue', /multiple of 60/],
        [{ Period: 0 }, 'InvalidParameterValue', /Period/],
        [{ Statistics: ['IQM'] }, 'InvalidParameterValue', /Statistics/],
        [{ Statistics: [] }, 'MissingParameter', /required/],
        [{ Statistics: [], ExtendedStatistics: ['tm90'] }, 'InvalidParameterValue', /percentiles/],
        [{ ExtendedStatistics: ['p90'] }, 'InvalidParameterCombination', /not for both/],
        [{ Unit: 'Calls' }, 'InvalidParameterValue', /Unit/],
        [{ EndTime: range.StartTime }, 'ValidationError', /must be less/],
        [{ Period: 1, EndTime: range.StartTime + 1_441 }, 'InvalidParameterCombination', /limit of 1440/],
      ],
    },
    ListMetrics: {
      valid: { Namespace: 'Lastgood' },
      wrongType: { MetricName: 1 },
      rows: [
        [{ NextToken: 'odd' }, 'InvalidParameterValue', /no token/],
        [{ NextToken: '500' }, 'InvalidParameterValue', /no token/],
        [{ RecentlyActive: 'PT1H' }, 'InvalidParameterValue', /RecentlyActive/],
        [{ IncludeLinkedAccounts: true }, 'InvalidParameterValue', /IncludeLinkedAccounts/],
      ],
    },
    GetMetricData: {
      valid: { MetricDataQueries: [query()], ...range },
      wrongType: { StartTime: '2026-03-01' },
      rows: [
        [{ MetricDataQueries: [] }, 'ValidationError', /MetricDataQueries/],
        [{ MetricDataQueries: [query(), query()] }, 'ValidationError', /used once/],
        [{ MetricDataQueries: [query({ Period: 15 })] }, 'ValidationError', /period 15/],
        [{ MetricDataQueries: [query({ Stat: 'TM(10%:90%)' })] }, 'ValidationError', /statistic/],
        [{ MetricDataQueries: [query({ Unit: 'Calls' })] }, 'ValidationError', /Unit/],
        [
          { MetricDataQueries: [query(), { ...query({ Period: 10 }), Id: 'm2' }] },
          'ValidationError',
          /have one period/,
        ],
        [{ MetricDataQueries: [{ ...query(), AccountId: '222222222222' }] }, 'ValidationError', /AccountId/],
        [{ MetricDataQueries: [{ ...query(), Expression: '1' }] }, 'ValidationError', /either/],
        [{ MetricDataQueries: [{ Id: 'e', Expression: 'SEARCH("x")' }] }, 'ValidationError', /metric math/],
        [{ NextToken: 'x' }, 'ValidationError', /NextToken/],
        [{ LabelOptions: {} }, 'ValidationError', /LabelOptions/],
        [{ MaxDatapoints: 5 }, 'InvalidParameterCombination', /limit of 5/],
        [{ EndTime: range.StartTime }, 'ValidationError', /must be less/],
      ],
    },
    PutMetricAlarm: {
      valid: alarm,
      wrongType: { EvaluationPeriods: '1' },
      rows: [
        [{ AlarmName: 'any' }, 'ValidationError', /composite alarm already/],
        [{ Period: 15 }, 'ValidationError', /period 15/],
        [{ Period: 5 }, 'ValidationError', /for alarms/],
        [{ EvaluationPeriods: 0 }, 'ValidationError', /EvaluationPeriods/],
        [{ EvaluationPeriods: 1_441 }, 'ValidationError', /look back/],
        [{ DatapointsToAlarm: 2 }, 'ValidationError', /above EvaluationPeriods/],
        [{ Unit: 'Calls' }, 'ValidationError', /Unit/],
        [{ Statistic: 'Median' }, 'ValidationError', /statistic Median/],
        [{ ExtendedStatistic: 'p90' }, 'InvalidParameterCombination', /not both/],
        [{ Statistic: undefined }, 'InvalidParameterCombination', /Statistic or/],
        [{ Metrics: [query()] }, 'InvalidParameterCombination', /exclude each other/],
        [{ ...single, Metrics: [query(), query()] }, 'ValidationError', /used once/],
        [{ EvaluateLowSampleCountPercentile: 'ignore' }, 'ValidationError', /EvaluateLow/],
        [{ ComparisonOperator: 'LessThanLowerThreshold' }, 'ValidationError', /ComparisonOperator/],
        [{ TreatMissingData: 'zero' }, 'ValidationError', /TreatMissingData/],
        [{ ThresholdMetricId: 'm1' }, 'ValidationError', /ThresholdMetricId/],
        [{ AlarmActions: ['arn:aws:swf:us-east-1:1:x'] }, 'ValidationError', /does not support the action/],
        [{ AlarmActions: Array.from({ length: 6 }, () => 'arn:aws:sns:r:1:t') }, 'ValidationError', /AlarmActions/],
        [{ Tags: [{ Key: 'a' }] }, 'ValidationError', /Tags/],
      ],
    },
    PutCompositeAlarm: {
      valid: { AlarmName: 'any', AlarmRule: 'FALSE' },
      wrongType: { AlarmRule: true },
      rows: [
        [{ AlarmRule: 'ALARM(' }, 'ValidationError', /alarm rule/],
        [{ AlarmRule: '' }, 'ValidationError', /AlarmRule/],
        [{ ActionsSuppressor: 'x' }, 'ValidationError', /ActionsSuppressor/],
      ],
    },
    DeleteAlarms: names('AlarmNames'),
    EnableAlarmActions: names('AlarmNames'),
    DisableAlarmActions: names('AlarmNames'),
    DescribeAlarms: {
      valid: { AlarmNames: ['errors'], MaxRecords: 100 },
      wrongType: { MaxRecords: '100' },
      rows: [
        [{ MaxRecords: 0 }, 'ValidationError', /MaxRecords/],
        [{ MaxRecords: 101 }, 'ValidationError', /MaxRecords/],
        [{ AlarmTypes: ['LogAlarm'] }, 'ValidationError', /AlarmTypes/],
        [{ StateValue: 'BAD' }, 'ValidationError', /StateValue/],
        [{ NextToken: '0' }, 'InvalidNextToken', /no token/],
        [{ NextToken: '-1' }, 'InvalidNextToken', /no token/],
        [{ ChildrenOfAlarmName: 'any' }, 'ValidationError', /ChildrenOfAlarmName/],
        [{ ActionPrefix: 'arn' }, 'ValidationError', /ActionPrefix/],
      ],
    },
    SetAlarmState: {
      valid: { AlarmName: 'any', StateValue: 'OK', StateReason: 'drill' },
      wrongType: { StateReason: 1 },
      rows: [
        [{ StateValue: 'BAD' }, 'ValidationError', /StateValue/],
        [{ StateReason: undefined }, 'ValidationError', /StateReason/],
        [{ StateReasonData: 'no json' }, 'InvalidFormat', /not JSON/],
        [{ AlarmName: 'none' }, 'ResourceNotFound', /does not exist/, 404],
      ],
    },
  },
});

function names(member: string) {
  return {
    valid: { [member]: ['errors'] },
    wrongType: { [member]: 'errors' },
    rows: [
      [{ [member]: Array.from({ length: 101 }, () => 'x') }, 'ValidationError', new RegExp(member)],
      [{ [member]: [''] }, 'ValidationError', new RegExp(member)],
    ] as const,
  };
}
