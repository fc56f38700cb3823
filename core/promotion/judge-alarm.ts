import type { Candidate } from '../version-set/head.ts';
import type { AlarmNotice } from './alarm-notice.ts';

/** Calls of one promotion's candidate that ended lately, by the session records. */
export interface RecentCandidateCalls {
  readonly ended: number;
  readonly failed: number;
}

export type AlarmJudgement =
  | { readonly kind: 'roll-back'; readonly reason: string }
  /** Nothing is flipped; `reason` goes into the log. */
  | { readonly kind: 'discard'; readonly reason: string };

/** Older notices come from a queue that was stuck: what they saw is over. */
const maxAgeMs = 10 * 60_000;
const periodMs = 10_000;

/**
 * Whether an alarm means the canary that runs now. Metrics carry no promotion, so an alarm can be about calls of an earlier
 * candidate that end late; records know theirs. Records that are missing contradict nothing: the alarm stands.
 */
export const judgeAlarm = (
  notice: AlarmNotice,
  candidate: Candidate | undefined,
  recent: RecentCandidateCalls,
  nowMs: number,
): AlarmJudgement => {
  const discard = (reason: string): AlarmJudgement => ({ kind: 'discard', reason });
  if (!notice.isAlarm) return discard(`${notice.alarmName} is not in ALARM`);
  if (candidate === undefined) return discard('no canary runs: the promotion that it was about is over');
  const startedMs = Date.parse(candidate.startedAt);
  if (notice.changedMs < startedMs) return discard(`it fired before the canary of ${candidate.startedAt} started`);
  if (nowMs - notice.changedMs > maxAgeMs) return discard('it fired more than 10 minutes ago');
  // A datapoint carries the start of its 10 s.
  if (notice.newestBreachMs !== undefined && notice.newestBreachMs + periodMs < startedMs)
    return discard(`it judged datapoints from before the canary of ${candidate.startedAt}`);
  if (recent.ended > 0 && recent.failed === 0)
    return discard(
      `the records of this promotion say otherwise: ${recent.ended} candidate calls ended lately and none failed`,
    );
  return { kind: 'roll-back', reason: `alarm ${notice.alarmName}: ${notice.reason}` };
};
