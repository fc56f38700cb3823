import type { Series } from './metric-math.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

export interface AlarmRuleOfPoints {
  /** N of "M out of N". */
  readonly evaluationPeriods: number;
  /** M of "M out of N". */
  readonly datapointsToAlarm: number;
  readonly treatMissingData: MissingData;
  readonly isBreaching: (value: number) => boolean;
}

export interface Verdict {
  readonly state: AlarmState;
  /** Positions in the evaluation range of the real points that were evaluated, oldest first. */
  readonly evaluated: readonly number[];
  readonly breaching: number;
  /** Points that the treatment of missing data had to supply. */
  readonly filled: number;
}

/**
 * Buckets that an evaluation looks at: more than it needs, so that late or missing points can be made up for by older
 * ones. AWS documents 5 for 3 evaluation periods and keeps the rule to itself; two more than needed fits that.
 */
export const evaluationRange = (evaluationPeriods: number): number => evaluationPeriods + 2;

/**
 * The state of an alarm from the points of its evaluation range, oldest first.
 *
 * With N real points in the range the newest N decide and missing ones do not matter. With fewer, only as many missing
 * points as needed are filled in by the treatment. For `missing` and `ignore` a lone breach alarms early only once it
 * is M points old and nothing but breaches or gaps followed; `ignore` then keeps the present state instead.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export const evaluatePoints = (rule: AlarmRuleOfPoints, range: Series, present: AlarmState): Verdict => {
  const real = range.flatMap((value, position) =>
    value === undefined ? [] : [{ position, breaches: rule.isBreaching(value) }],
  );
  const newest = real.slice(-rule.evaluationPeriods);
  const breaching = newest.filter(({ breaches }) => breaches).length;
  const filled = rule.evaluationPeriods - newest.length;
  const verdict = (state: AlarmState): Verdict => ({
    state,
    evaluated: newest.map(({ position }) => position),
    breaching,
    filled,
  });

  if (breaching >= rule.datapointsToAlarm) return verdict('ALARM');
  if (filled === 0) return verdict('OK');
  if (rule.treatMissingData === 'notBreaching') return verdict('OK');
  if (rule.treatMissingData === 'breaching')
    return verdict(breaching + filled >= rule.datapointsToAlarm ? 'ALARM' : 'OK');
  const [oldest] = newest;
  if (oldest === undefined) return verdict(rule.treatMissingData === 'missing' ? 'INSUFFICIENT_DATA' : present);
  if (breaching < newest.length) return verdict('OK');
  if (rule.treatMissingData === 'ignore') return verdict(present);
  return verdict(range.length - oldest.position >= rule.datapointsToAlarm ? 'ALARM' : 'OK');
};
