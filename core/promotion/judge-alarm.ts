import type { Verdict } from '../canary/verdict.ts';
import { alarmNames } from '../org/resource-names.ts';
import type { Candidate, Head } from '../version-set/head.ts';
import type { AlarmNotice } from './alarm-notice.ts';

/** What session records say about the last minutes. */
export interface RecentCalls {
  /** Of the promotion that runs now. */
  readonly candidate: { readonly started: number; readonly ended: number; readonly failed: number };
  /** Records that ended lately, of whatever release: none means that records are not being written, or not readable. */
  readonly ended: number;
}

export const noRecords: RecentCalls = {
  candidate: { started: 0, ended: 0, failed: 0 },
  ended: 0,
};

export type AlarmJudgement =
  | { readonly kind: 'roll-back'; readonly reason: string }
  /** Nothing is flipped; `reason` goes into the log. */
  | { readonly kind: 'discard'; readonly reason: string };

/** Evidence on the error rate, whether or not the plan decides by it: that is what the alarm is about. */
export interface CallsJudgement {
  readonly isWorse: boolean;
  readonly reason: string;
}

/** @param alpha bound on the probability that a harmless candidate is ever found worse */
export const judgeCalls = ({ metrics, reason, verdict }: Verdict, alpha: number): CallsJudgement => ({
  isWorse: verdict === 'abort' || metrics.errorRate.logEAbort >= -Math.log(alpha),
  reason,
});

export interface AlarmSituation {
  readonly head: Pick<Head, 'service'>;
  readonly candidate: Candidate;
  readonly recent: RecentCalls;
  /** What the plan's test makes of the calls that ended so far. @default - the records cannot be read */
  readonly judged?: CallsJudgement | undefined;
  readonly nowMs: number;
}

/** Older notices come from a queue that was stuck: what they saw is over. */
const maxAgeMs = 10 * 60_000;
/** Points published just before a canary are still about its predecessor. */
const settlingMs = 120_000;

/**
 * Whether an alarm means the canary that runs now. An alarm looks at two points in a minute of few calls, again and again: on
 * its own it would abort most harmless candidates within an hour. So while records are being written, the plan's own test
 * over the calls that have ended must agree, and the bound on false aborts holds on this path, too. When records are missing
 * they contradict nothing: the alarm stands, because it is there for the day on which everything else fails.
 */
export const judgeAlarm = (notice: AlarmNotice, situation: AlarmSituation): AlarmJudgement => {
  const { candidate, recent, nowMs } = situation;
  const startedMs = Date.parse(candidate.startedAt);
  if (!notice.isAlarm) return discard(`${notice.alarmName} is not in ALARM`);
  if (notice.changedMs < startedMs) return discard(`it fired before the canary of ${candidate.startedAt} started`);
  if (nowMs - notice.changedMs > maxAgeMs) return discard('it fired more than 10 minutes ago');
  // A datapoint is stamped with the end of the minute that it sums up.
  if (notice.newestBreachMs !== undefined && notice.newestBreachMs <= startedMs)
    return discard(`it judged datapoints from before the canary of ${candidate.startedAt}`);
  if (recent.ended > 0) {
    const contradiction = contradictionOf(notice, situation);
    if (contradiction !== undefined) return discard(`the records of this promotion say otherwise: ${contradiction}`);
  }
  return { kind: 'roll-back', reason: `alarm ${notice.alarmName}: ${notice.reason}` };
};

const discard = (reason: string): AlarmJudgement => ({ kind: 'discard', reason });

const contradictionOf = (
  { alarmName }: AlarmNotice,
  { head, candidate, recent, judged, nowMs }: AlarmSituation,
): string | undefined => {
  const { started, ended } = recent.candidate;
  if (alarmName === alarmNames(head.service).candidateSilent)
    return started > 0 ? `the candidate took ${started} calls lately` : undefined;
  if (ended === 0) {
    return nowMs - Date.parse(candidate.startedAt) < settlingMs
      ? 'the canary has just started, and none of its calls has ended'
      : undefined;
  }
  return judged === undefined || judged.isWorse ? undefined : judged.reason;
};
