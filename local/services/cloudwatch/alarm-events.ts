import type { Scope } from '../../http/scope.ts';
import type { AlarmInput, CompositeInput } from './inputs.ts';
import type { AlarmState } from './alarm-evaluation.ts';

export interface StateRecord {
  readonly value: AlarmState;
  readonly reason: string;
  /** JSON text. */
  readonly reasonData: string;
  readonly atMs: number;
}

export type AnyAlarmInput =
  | { readonly kind: 'metric'; readonly input: AlarmInput }
  | { readonly kind: 'composite'; readonly input: CompositeInput };

/** CloudWatch writes times as `2024-06-14T09:30:00.000+0000`. */
export const cloudWatchTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '+0000');

const lowerFirst = (dimensions: readonly { readonly Name: string; readonly Value: string }[]) =>
  Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value]));

const metricsOf = (input: AlarmInput): readonly object[] =>
  (input.Metrics ?? []).length > 0
    ? (input.Metrics ?? []).map(({ Id, Expression, Label, MetricStat, ReturnData }) => ({
        id: Id,
        ...(Expression !== undefined && { expression: Expression }),
        ...(Label !== undefined && { label: Label }),
        ...(MetricStat
          ? {
              metricStat: {
                metric: {
                  namespace: MetricStat.Metric.Namespace,
                  name: MetricStat.Metric.MetricName,
                  dimensions: lowerFirst(MetricStat.Metric.Dimensions),
                },
                period: MetricStat.Period,
                stat: MetricStat.Stat,
              },
            }
          : {}),
        returnData: ReturnData,
      }))
    : [
        {
          id: 'm1',
          metricStat: {
            metric: { namespace: input.Namespace, name: input.MetricName, dimensions: lowerFirst(input.Dimensions) },
            period: input.Period,
            stat: input.Statistic ?? input.ExtendedStatistic,
          },
          returnData: true,
        },
      ];

const stateOf = ({ value, reason, reasonData, atMs }: StateRecord) => ({
  value,
  reason,
  reasonData,
  timestamp: cloudWatchTime(atMs),
});

/**
 * The event of a function that is an alarm's action.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
 */
export const lambdaAlarmEvent = (
  scope: Scope,
  alarmArn: string,
  alarm: AnyAlarmInput,
  state: StateRecord,
  previous: StateRecord,
): object => ({
  source: 'aws.cloudwatch',
  alarmArn,
  accountId: scope.account,
  time: cloudWatchTime(state.atMs),
  region: scope.region,
  alarmData: {
    alarmName: alarm.input.AlarmName,
    state: stateOf(state),
    previousState: stateOf(previous),
    configuration:
      alarm.kind === 'metric'
        ? { description: alarm.input.AlarmDescription, metrics: metricsOf(alarm.input) }
        : { description: alarm.input.AlarmDescription, alarmRule: alarm.input.AlarmRule },
  },
});

/** The message of a topic that is an alarm's action. */
export const snsAlarmMessage = (
  scope: Scope,
  alarmArn: string,
  alarm: AnyAlarmInput,
  state: StateRecord,
  previous: StateRecord,
): { subject: string; message: string } => {
  const { input } = alarm;
  const message = {
    AlarmName: input.AlarmName,
    AlarmDescription: input.AlarmDescription,
    AWSAccountId: scope.account,
    NewStateValue: state.value,
    NewStateReason: state.reason,
    StateChangeTime: cloudWatchTime(state.atMs),
    Region: scope.region,
    AlarmArn: alarmArn,
    OldStateValue: previous.value,
    OKActions: input.OKActions,
    AlarmActions: input.AlarmActions,
    InsufficientDataActions: input.InsufficientDataActions,
    ...(alarm.kind === 'metric'
      ? {
          Trigger: {
            ...(alarm.input.Metrics
              ? { Metrics: alarm.input.Metrics }
              : {
                  MetricName: alarm.input.MetricName,
                  Namespace: alarm.input.Namespace,
                  Dimensions: alarm.input.Dimensions,
                }),
            Period: alarm.input.Period,
            EvaluationPeriods: alarm.input.EvaluationPeriods,
            DatapointsToAlarm: alarm.input.DatapointsToAlarm,
            ComparisonOperator: alarm.input.ComparisonOperator,
            Threshold: alarm.input.Threshold,
            TreatMissingData: alarm.input.TreatMissingData,
          },
        }
      : { AlarmRule: alarm.input.AlarmRule }),
  };
  return {
    subject: `${state.value}: "${input.AlarmName}" in ${scope.region}`.slice(0, 100),
    message: JSON.stringify(message),
  };
};
