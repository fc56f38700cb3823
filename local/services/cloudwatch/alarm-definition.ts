import { LastgoodError } from '#core/errors.ts';
import { AwsError } from '../../http/aws-error.ts';
import type { AlarmRuleOfPoints, MissingData } from './alarm-evaluation.ts';
import type { AlarmInput, MetricQuery } from './inputs.ts';
import { type MetricExpression, compileMath } from './metric-math.ts';
import { type MetricId, isStatistic } from './metric-store.ts';

/** An input of an alarm or query: a stored metric, or an expression over other inputs. */
export type CompiledQuery =
  | {
      readonly id: string;
      readonly label: string;
      readonly returns: boolean;
      readonly kind: 'metric';
      readonly metric: MetricId;
      readonly statistic: string;
      readonly unit: string | undefined;
      readonly periodSeconds: number;
    }
  | {
      readonly id: string;
      readonly label: string;
      readonly returns: boolean;
      readonly kind: 'expression';
      readonly expression: MetricExpression;
    };

/** A metric alarm that can be evaluated. */
export interface MetricAlarm {
  readonly input: AlarmInput;
  readonly rule: AlarmRuleOfPoints;
  readonly periodSeconds: number;
  readonly queries: readonly CompiledQuery[];
  /** Id of the query whose result is compared with the threshold. */
  readonly resultId: string;
}

const comparisons: Readonly<Record<AlarmInput['ComparisonOperator'], (value: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

const refuse = (what: string, why: string): never => {
  throw new LastgoodError('unsupported-resource', `${what}: ${why}`);
};

const checkPeriod = (what: string, period: number | undefined): number =>
  period !== undefined && ([1, 5, 10, 20, 30].includes(period) || (period >= 60 && period % 60 === 0))
    ? period
    : refuse(what, `the period ${period ?? 'none'} is not allowed; use 10, 20, 30 or a multiple of 60 seconds`);

/** Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html */
const maxMetrics = 10;
const daySeconds = 86_400;
const hourSeconds = 3_600;

/** AWS looks back a day at most, and a week with periods of an hour. */
const checkRange = (what: string, periods: number, periodSeconds: number): void => {
  const limit = periodSeconds >= hourSeconds ? 7 * daySeconds : daySeconds;
  if (![10, 20, 30].includes(periodSeconds) && periodSeconds < 60)
    refuse(what, `the period ${periodSeconds} is not allowed for alarms; use 10, 20, 30 or a multiple of 60 seconds`);
  if (periods * periodSeconds > limit)
    refuse(what, `${periods} periods of ${periodSeconds} s are more than the ${limit} s that an alarm may look back`);
};

const checkStatistic = (what: string, statistic: string): string =>
  isStatistic(statistic)
    ? statistic
    : refuse(
        what,
        `the statistic ${statistic} is not supported; use Sum, Average, Minimum, Maximum, SampleCount or a percentile`,
      );

export const metricId = (
  namespace: string,
  name: string,
  dimensions: readonly { readonly Name: string; readonly Value: string }[],
): MetricId => ({
  namespace,
  name,
  dimensions: Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])),
});

/** Compiles the queries of an alarm or of GetMetricData; every id that an expression reads must be among them. */
export const compileQueries = (what: string, queries: readonly MetricQuery[]): readonly CompiledQuery[] => {
  const ids = new Set(queries.map(({ Id }) => Id));
  return queries.map((query) => {
    const where = `${what}, metric ${query.Id}`;
    const common = {
      id: query.Id,
      label: query.Label ?? query.MetricStat?.Metric.MetricName ?? query.Id,
      returns: query.ReturnData,
    };
    if (query.MetricStat) {
      if (query.Period !== undefined) refuse(where, 'its Period stands in MetricStat');
      const { Metric: metric, Period: period, Stat: statistic, Unit: unit } = query.MetricStat;
      return {
        ...common,
        kind: 'metric',
        metric: metricId(metric.Namespace, metric.MetricName, metric.Dimensions),
        statistic: checkStatistic(where, statistic),
        unit,
        periodSeconds: checkPeriod(where, period),
      };
    }
    if (query.Expression === undefined) return refuse(where, 'it has neither MetricStat nor Expression');
    // An expression has the period of what it reads.
    if (query.Period !== undefined) checkPeriod(where, query.Period);
    const expression = compileMath(query.Expression);
    const unknown = expression.ids.filter((id) => !ids.has(id) || id === query.Id);
    if (unknown.length > 0) return refuse(where, `the expression reads ${unknown.join(', ')}, which is not defined`);
    return { ...common, kind: 'expression', expression };
  });
};

/** The queries of an alarm; the form with one metric is a list of one. */
const queriesOf = (input: AlarmInput, what: string): readonly MetricQuery[] => {
  const { Namespace, MetricName, Period, Statistic, ExtendedStatistic, Dimensions: dimensions, Unit } = input;
  if (input.Metrics) {
    const single = { Namespace, MetricName, Period, Statistic, ExtendedStatistic, Unit, Dimensions: dimensions[0] };
    const both = Object.entries(single).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (both.length > 0)
      throw new AwsError('InvalidParameterCombination', `${what}: Metrics and ${both.join(', ')} exclude each other`);
    return input.Metrics;
  }
  if ((Statistic === undefined) === (ExtendedStatistic === undefined))
    throw new AwsError('InvalidParameterCombination', `${what}: it needs Statistic or ExtendedStatistic, and not both`);
  if (Namespace === undefined || MetricName === undefined || Period === undefined)
    return refuse(what, 'it needs Namespace, MetricName and Period, or Metrics');
  return [
    {
      Id: 'm1',
      MetricStat: {
        Metric: { Namespace, MetricName, Dimensions: dimensions },
        Period,
        Stat: Statistic ?? ExtendedStatistic ?? 'Average',
        Unit,
      },
      ReturnData: true,
    },
  ];
};

/**
 * Compiles an alarm.
 * @throws LastgoodError `unsupported-resource` naming the alarm: unknown function, statistic or period, undefined id
 * @throws AwsError `InvalidParameterCombination`
 */
export const compileAlarm = (input: AlarmInput): MetricAlarm => {
  const what = `alarm ${input.AlarmName}`;
  const queries = compileQueries(what, queriesOf(input, what));
  const results = queries.filter(({ returns }) => returns);
  const [result] = results;
  if (!result || results.length > 1)
    return refuse(what, `exactly one of its metrics must return data, not ${results.length}`);
  const metrics = queries.filter(({ kind }) => kind === 'metric').length;
  if (metrics > maxMetrics) return refuse(what, `it reads ${metrics} metrics; an alarm reads at most ${maxMetrics}`);
  const periods = new Set(queries.flatMap((query) => (query.kind === 'metric' ? [query.periodSeconds] : [])));
  const [periodSeconds] = periods;
  if (periodSeconds === undefined || periods.size > 1) return refuse(what, 'all its metrics must have the same period');
  checkRange(what, input.EvaluationPeriods, periodSeconds);
  const datapointsToAlarm = input.DatapointsToAlarm ?? input.EvaluationPeriods;
  if (datapointsToAlarm > input.EvaluationPeriods)
    return refuse(what, `DatapointsToAlarm ${datapointsToAlarm} is above EvaluationPeriods ${input.EvaluationPeriods}`);
  const compare = comparisons[input.ComparisonOperator];
  const treatMissingData: MissingData = input.TreatMissingData;
  return {
    input,
    periodSeconds,
    queries,
    resultId: result.id,
    rule: {
      evaluationPeriods: input.EvaluationPeriods,
      datapointsToAlarm,
      treatMissingData,
      isBreaching: (value) => compare(value, input.Threshold),
    },
  };
};
