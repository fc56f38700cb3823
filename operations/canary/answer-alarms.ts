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
import type { ServiceSettings } from '#core/promotion/service-settings.ts';
import { type CallRecord, type CallRecords, isMalformed } from '#core/session/call-records.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Candidate, Head } from '#core/version-set/head.ts';
import { abortOnEvidence, type AbortOnEvidencePorts } from './abort-on-evidence.ts';
import { canaryComparison } from './comparison.ts';
import type { judge } from './judge.ts';

export type AnswerAlarmsPorts = AbortOnEvidencePorts & {
  readonly heads: Pick<HeadStore, 'list'>;
  readonly calls: CallRecords;
  readonly judge: ReturnType<typeof judge>;
  readonly services: ServiceSettings;
};

export interface AlarmsAnswered {
  readonly flipped: number;
  readonly discarded: number;
}

/** Records this old say nothing about the minute that the alarm judged. */
const recentMs = 180_000;

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
  const judged = await judgeNow(ports, head, candidate);
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
  { calls, clock }: AnswerAlarmsPorts,
  { service, set }: Head,
  { promotionId }: Candidate,
): Promise<RecentCalls> => {
  const since = new Date(clock.now() - recentMs);
  const candidate = { started: 0, ended: 0, failed: 0 };
  const isOwn = ({ assignment }: CallRecord): boolean =>
    assignment.promotionId === promotionId && assignment.arm === 'candidate' && !assignment.probe;
  for await (const call of calls.started(service, set, since))
    if (!isMalformed(call) && isOwn(call)) candidate.started += 1;
  let ended = 0;
  for await (const call of calls.changed(service, set, since)) {
    if (isMalformed(call) || call.result === undefined || call.assignment.probe) continue;
    ended += 1;
    if (!isOwn(call)) continue;
    candidate.ended += 1;
    if (call.result.outcome === 'failed') candidate.failed += 1;
  }
  return { candidate, ended };
};

/** What the judge says now. @returns undefined when records or promotion cannot be read */
const judgeNow = async (
  ports: AnswerAlarmsPorts,
  head: Head,
  candidate: Candidate,
): Promise<CallsJudgement | undefined> => {
  try {
    const promotion = await ports.promotions.get(candidate.promotionId);
    if (promotion === undefined) return undefined;
    const { plan } = promotion.input;
    const { verdict } = await ports.judge(canaryComparison(head, candidate, plan, ports.services), { kind: 'alarm' });
    return judgeCalls(verdict, plan.alpha);
  } catch (error) {
    ports.log.error('records-not-weighed', { error: error instanceof Error ? error : String(error) });
    return undefined;
  }
};
