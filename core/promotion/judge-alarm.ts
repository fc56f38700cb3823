import { alarmNames } from '../org/resource-names.ts';
import type { Candidate, Head } from '../version-set/head.ts';
import type { AlarmNotice } from './alarm-notice.ts';

interface Counts {
  readonly ended: number;
  readonly failed: number;
}

/** What session records say about the last minutes. */
export interface RecentCalls {
  /** Of the promotion that runs now. */
  readonly candidate: Counts & { readonly started: number };
  readonly stable: Counts;
  /** Records that ended lately, of whatever release: none means that records are not being written, or not readable. */
  readonly ended: number;
}

export const noRecords: RecentCalls = {
  candidate: { started: 0, ended: 0, failed: 0 },
  stable: { ended: 0, failed: 0 },
  ended: 0,
};

export type AlarmJudgement =
  | { readonly kind: 'roll-back'; readonly reason: string }
  /** Nothing is flipped; `reason` goes into the log. */
  | { readonly kind: 'discard'; readonly reason: string };

export interface AlarmSituation {
  readonly head: Pick<Head, 'service'>;
  readonly candidate: Candidate;
  readonly recent: RecentCalls;
  /** The service's own share of failed calls, 0 to 1: stands in for stable while that has few calls. */
  readonly baselineErrorRate: number;
  readonly nowMs: number;
}

/** Older notices come from a queue that was stuck: what they saw is over. */
const maxAgeMs = 10 * 60_000;
/** As in the alarm's expression: fewer calls of stable say too little, and 2 points are the margin. */
const enoughCalls = 20;
const marginRate = 0.02;

/**
 * Whether an alarm means the canary that runs now. Metrics carry no promotion and hold the last minute, so an alarm can be
 * about an earlier candidate; records know theirs. While records are being written they must agree. When they are not,
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
  { head, recent: { candidate, stable }, baselineErrorRate }: AlarmSituation,
): string | undefined => {
  if (alarmName === alarmNames(head.service).candidateSilent)
    return candidate.started > 0 ? `the candidate took ${candidate.started} calls lately` : undefined;
  if (candidate.failed === 0) return `${candidate.ended} candidate calls ended lately and none failed`;
  const usual = stable.ended >= enoughCalls ? stable.failed / stable.ended : baselineErrorRate;
  return candidate.failed / candidate.ended > usual + marginRate
    ? undefined
    : `${candidate.failed} of ${candidate.ended} candidate calls failed lately, which is usual here`;
};
