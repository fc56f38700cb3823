import type { Metrics, Verdict } from '../canary/verdict.ts';
import type { Candidate } from '../version-set/head.ts';
import type { AlarmNotice } from './alarm-notice.ts';

/** What the judge of the canary says to the suspicion of an alarm. */
export interface Confirmation {
  /** `cannot-answer`: it could not be asked in time, or knows nothing of the calls that the alarm counted. Then the alarm stands. */
  readonly kind: 'worse' | 'not-worse' | 'cannot-answer';
  readonly reason: string;
}

/** Older notices come from a queue that was stuck: what they saw is over. */
const maxAgeMs = 10 * 60_000;

/** Why a notice is not about the canary that runs now; undefined when it is. */
export const notAbout = (
  { alarmName, isAlarm, changedMs, newestBreachMs }: AlarmNotice,
  { startedAt }: Pick<Candidate, 'startedAt'>,
  nowMs: number,
): string | undefined => {
  const startedMs = Date.parse(startedAt);
  if (!isAlarm) return `${alarmName} is not in ALARM`;
  if (changedMs < startedMs) return `it fired before the canary of ${startedAt} started`;
  if (nowMs - changedMs > maxAgeMs) return 'it fired more than 10 minutes ago';
  // A datapoint is stamped with the end of the time that it sums up.
  if (newestBreachMs !== undefined && newestBreachMs <= startedMs)
    return `it judged datapoints from before the canary of ${startedAt}`;
  return undefined;
};

/** Points published just before a canary may still be about its predecessor. */
const settlingMs = 120_000;

export interface AnsweredWith {
  /** Bound on the probability that a harmless candidate is ever found worse. */
  readonly alpha: number;
  /** Some call of the candidate that the alarm may have counted has a record. */
  readonly hasRecords: boolean;
  readonly startedMs: number;
  readonly nowMs: number;
}

/**
 * A verdict as the answer to an alarm: on the error rate, whether or not the plan decides by it, since that is what the alarm is about.
 * An alarm counts calls that hosts have carried; when none of them has a record, records are what is missing, and contradict nothing.
 */
export const confirmationOf = (
  { verdict, reason, metrics, calls }: Verdict,
  { alpha, hasRecords, startedMs, nowMs }: AnsweredWith,
): Confirmation => {
  if (verdict === 'abort') return { kind: 'worse', reason };
  const recorded = calls.used + calls.waiting;
  if (!hasRecords && (recorded === 0 || nowMs - startedMs >= settlingMs)) return { kind: 'cannot-answer', reason };
  const isWorse = verdict !== 'unknown' && logEOfErrors(metrics) >= -Math.log(alpha);
  return { kind: isWorse ? 'worse' : 'not-worse', reason };
};

/** The strongest of the horizons, each by its part of alpha, as the plan's own test takes them. */
const logEOfErrors = ({ errorRate: { horizons, logEAbort } }: Metrics): number => {
  const soon = horizons.reduce((sum, { weight }) => sum + weight, 0);
  return Math.max(...[...horizons, { weight: 1 - soon, logEAbort }].map((one) => Math.log(one.weight) + one.logEAbort));
};
