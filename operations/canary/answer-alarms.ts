import { timestampOf } from '#core/clock.ts';
import type { Log } from '#core/log.ts';
import { alarmNames } from '#core/org/resource-names.ts';
import { type AlarmEvent, type AlarmNotice, alarmNotices } from '#core/promotion/alarm-notice.ts';
import {
  type CallsJudgement,
  judgeAlarm,
  judgeCalls,
  noRecords,
  type RecentCalls,
} from '#core/promotion/judge-alarm.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import { type ServiceSettings, settingsOf } from '#core/promotion/service-settings.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Candidate, Head } from '#core/version-set/head.ts';
import { abortOnEvidence, type AbortOnEvidencePorts } from './abort-on-evidence.ts';
import { readCanaryCalls } from './read-canary-calls.ts';

export type AnswerAlarmsPorts = AbortOnEvidencePorts & {
  readonly promotions: Pick<PromotionStore, 'get'>;
  readonly heads: Pick<HeadStore, 'list'>;
  readonly sessions: Pick<SessionStore, 'listByService'>;
  readonly services: ServiceSettings;
};

export interface AlarmsAnswered {
  readonly flipped: number;
  readonly discarded: number;
}

/** Records this old say nothing about the minute that the alarm judged. */
const recentMs = 180_000;
/** Longer calls than this are left out: the question is about the last minutes, and must be answered in one second. */
const longestCallMs = 1_800_000;

/**
 * The path of last resort: an alarm, directly or through its topic, takes the candidate's exposure back with one write. The
 * same alarm twice flips once; a late one flips nothing.
 */
export const answerAlarms =
  (ports: AnswerAlarmsPorts) =>
  async (event: AlarmEvent): Promise<AlarmsAnswered> => {
    const outcomes = [];
    for (const notice of alarmNotices(event)) outcomes.push(...(await answerAlarm(ports, notice)));
    const flipped = outcomes.filter((outcome) => outcome === 'flipped').length;
    return { flipped, discarded: outcomes.length - flipped };
  };

type Outcome = 'flipped' | 'discarded';

const answerAlarm = async (ports: AnswerAlarmsPorts, notice: AlarmNotice): Promise<readonly Outcome[]> => {
  const service = ports.services.find(({ name }) => {
    const { candidateWorse, candidateSilent } = alarmNames(name);
    return notice.alarmName === candidateWorse || notice.alarmName === candidateSilent;
  })?.name;
  if (service === undefined) return [discard(ports.log, notice, 'it is no alarm of a canary of this org')];
  const heads = await ports.heads.list(service);
  const answers = await Promise.all(
    heads.flatMap((head) => (head.candidate ? [answerForHead(ports, notice, head, head.candidate)] : [])),
  );
  if (answers.length > 0) return answers;
  return [discard(ports.log, notice, 'no canary runs: the promotion that it was about is over')];
};

const discard = (log: Log, { alarmName }: AlarmNotice, reason: string, recent?: RecentCalls): Outcome => {
  log.warn('alarm-discarded', { alarm: alarmName, reason, ...(recent && { recent }) });
  return 'discarded';
};

const answerForHead = async (
  ports: AnswerAlarmsPorts,
  notice: AlarmNotice,
  head: Head,
  candidate: Candidate,
): Promise<Outcome> => {
  const { alarmName: alarm, changedMs } = notice;
  const recent = await recentCalls(ports, head, candidate);
  const judged = await judgeEnded(ports, head, candidate);
  const judgement = judgeAlarm(notice, { head, candidate, recent, judged, nowMs: ports.clock.now() });
  if (judgement.kind === 'discard') return discard(ports.log, notice, judgement.reason, recent);
  const isFlipped = await abortOnEvidence(ports)(head, candidate, {
    at: timestampOf(ports.clock.now()),
    reason: judgement.reason,
    record: { alarm, changedAt: timestampOf(changedMs), reason: notice.reason },
    by: `alarm:${alarm}`,
    logFields: { alarm, recent },
  });
  return isFlipped ? 'flipped' : 'discarded';
};

/** Records that cannot be read contradict nothing. */
const recentCalls = async (ports: AnswerAlarmsPorts, head: Head, candidate: Candidate): Promise<RecentCalls> => {
  try {
    return await countRecentCalls(ports, head, candidate);
  } catch (error) {
    ports.log.error('records-unreadable', { error: error instanceof Error ? error : String(error) });
    return noRecords;
  }
};

const countRecentCalls = async (
  { sessions, clock }: AnswerAlarmsPorts,
  { service, set }: Head,
  { promotionId }: Candidate,
): Promise<RecentCalls> => {
  const sinceMs = clock.now() - recentMs;
  const candidate = { started: 0, ended: 0, failed: 0 };
  let ended = 0;
  for await (const { assignment, result } of sessions.listByService(service, set, {
    from: new Date(sinceMs - longestCallMs),
  })) {
    if (assignment.probe) continue;
    const isOwn = assignment.promotionId === promotionId;
    if (isOwn && assignment.arm === 'candidate' && Date.parse(assignment.startedAt) >= sinceMs) candidate.started += 1;
    if (result === undefined || Date.parse(result.endedAt) < sinceMs) continue;
    ended += 1;
    if (assignment.arm !== 'candidate' || !isOwn) continue;
    candidate.ended += 1;
    if (result.outcome === 'failed') candidate.failed += 1;
  }
  return { candidate, ended };
};

/**
 * The plan's test over the calls that have ended, in the order of their start. The alarm is for a minute that cannot wait, so
 * calls that are still live hold nothing back here. @returns undefined when records or promotion cannot be read
 */
const judgeEnded = async (
  ports: AnswerAlarmsPorts,
  { service, set }: Head,
  candidate: Candidate,
): Promise<CallsJudgement | undefined> => {
  try {
    const promotion = await ports.promotions.get(candidate.promotionId);
    if (promotion === undefined) return undefined;
    const { plan } = promotion.input;
    const baseline = { errorRate: settingsOf(ports.services, service).baselineErrorRate };
    const analysis = await readCanaryCalls(ports, { service, set, candidate, plan, baseline, endedOnly: true });
    return judgeCalls(analysis.verdict(ports.clock.now()), plan.alpha);
  } catch (error) {
    ports.log.error('records-not-weighed', { error: error instanceof Error ? error : String(error) });
    return undefined;
  }
};
