import { createAnalysis } from '#core/canary/analysis.ts';
import type { Log } from '#core/log.ts';
import { alarmNames } from '#core/org/resource-names.ts';
import type { AlarmEvent } from '#core/promotion/alarm-notice.ts';
import { type AlarmNotice, alarmNotices } from '#core/promotion/alarm-notice.ts';
import {
  judgeAlarm,
  noRecords,
  type RecentCalls,
  type WeighedCalls,
  weighedCalls,
} from '#core/promotion/judge-alarm.ts';
import { outcomeOfSession } from '#core/promotion/outcome-of-session.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import { type ServiceSettings, settingsOf } from '#core/promotion/service-settings.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Candidate, Head } from '#core/version-set/head.ts';
import { type AbortPorts, abortPromotion } from '../promotion/abort-promotion.ts';
import { type PagePorts, pagePromotion } from '../paging/page-promotion.ts';

export interface RollBackPorts {
  readonly heads: Pick<HeadStore, 'list'>;
  readonly sessions: Pick<SessionStore, 'listByService'>;
  readonly promotions: Pick<PromotionStore, 'get' | 'decide'>;
  readonly services: ServiceSettings;
  /** Aborts on behalf of an alarm. */
  readonly abort: (by: string) => AbortPorts;
  readonly page: PagePorts;
  readonly log: Log;
  readonly now: () => Date;
}

export interface RolledBack {
  readonly flipped: number;
  readonly discarded: number;
}

/** Records this old say nothing about the minute that the alarm judged. */
const recentMs = 180_000;

/** Longer calls than this are left out: the question is about the last minutes, and must be answered in one second. */
const longestCallMs = 1_800_000;

/**
 * The path of last resort: an alarm, directly or through its topic, takes the candidate's exposure back with one write. Told
 * twice it flips once; told late it flips nothing.
 */
export const rollBack =
  (ports: RollBackPorts) =>
  async (event: AlarmEvent): Promise<RolledBack> => {
    const outcomes = [];
    for (const notice of alarmNotices(event)) outcomes.push(...(await answerAlarm(ports, notice)));
    const flipped = outcomes.filter((outcome) => outcome === 'flipped').length;
    return { flipped, discarded: outcomes.length - flipped };
  };

type Outcome = 'flipped' | 'discarded';

const answerAlarm = async (ports: RollBackPorts, notice: AlarmNotice): Promise<readonly Outcome[]> => {
  const service = ports.services.find(({ name }) => {
    const { candidateWorse, candidateSilent } = alarmNames(name);
    return notice.alarmName === candidateWorse || notice.alarmName === candidateSilent;
  })?.name;
  if (service === undefined) {
    ports.log.warn('alarm-discarded', { alarm: notice.alarmName, reason: 'it is no alarm of a canary of this org' });
    return ['discarded'];
  }
  const heads = await ports.heads.list(service);
  const answers = await Promise.all(
    heads.flatMap((head) => (head.candidate ? [answerForHead(ports, notice, head, head.candidate)] : [])),
  );
  if (answers.length > 0) return answers;
  const reason = 'no canary runs: the promotion that it was about is over';
  ports.log.warn('alarm-discarded', { alarm: notice.alarmName, reason });
  return ['discarded'];
};

const answerForHead = async (
  ports: RollBackPorts,
  notice: AlarmNotice,
  head: Head,
  candidate: Candidate,
): Promise<Outcome> => {
  const recent = await recentCalls(ports, head, candidate);
  const weighed = await weighEnded(ports, head, candidate);
  const judgement = judgeAlarm(notice, { head, candidate, recent, weighed, nowMs: ports.now().getTime() });
  if (judgement.kind === 'discard') {
    ports.log.warn('alarm-discarded', { alarm: notice.alarmName, reason: judgement.reason, recent });
    return 'discarded';
  }
  const { key } = await ports.promotions.decide(candidate.promotionId, {
    at: ports.now().toISOString(),
    verdict: 'abort',
    reason: judgement.reason,
    record: { alarm: notice.alarmName, changedAt: new Date(notice.changedMs).toISOString(), reason: notice.reason },
  });
  const result = await abortPromotion(ports.abort(`alarm:${notice.alarmName}`))({
    promotionId: candidate.promotionId,
    service: head.service,
    set: head.set,
    release: candidate.release,
    reason: judgement.reason,
    decision: key,
    quarantine: true,
  });
  // Whoever moved the head tells people; the others have nothing to add.
  if (result.kind === 'already-promoted' || !result.flipped) return 'discarded';
  ports.log.warn('candidate-aborted', { alarm: notice.alarmName, trace_id: candidate.promotionId, recent });
  await tellPeople(ports, candidate);
  return 'flipped';
};

/** The flip stands already, so a page that cannot be sent is logged; the workflow sends it, too. */
const tellPeople = async ({ promotions, page, log }: RollBackPorts, { promotionId }: Candidate): Promise<void> => {
  try {
    const record = await promotions.get(promotionId);
    if (record) await pagePromotion(page)({ promotion: record.input, kind: 'aborted' });
  } catch (error) {
    log.error('page-failed', { trace_id: promotionId, error: error instanceof Error ? error : String(error) });
  }
};

/** Records that cannot be read contradict nothing. */
const recentCalls = async (ports: RollBackPorts, head: Head, candidate: Candidate): Promise<RecentCalls> => {
  try {
    return await countRecentCalls(ports, head, candidate);
  } catch (error) {
    ports.log.error('records-unreadable', { error: error instanceof Error ? error : String(error) });
    return noRecords;
  }
};

const countRecentCalls = async (
  { sessions, now }: RollBackPorts,
  { service, set }: Head,
  { promotionId }: Candidate,
): Promise<RecentCalls> => {
  const sinceMs = now().getTime() - recentMs;
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
 * calls that are still live hold nothing back here. @returns undefined when it cannot be told
 */
const weighEnded = async (
  { promotions, sessions, services, log, now }: RollBackPorts,
  { service, set }: Head,
  { promotionId, startedAt }: Candidate,
): Promise<WeighedCalls | undefined> => {
  try {
    const record = await promotions.get(promotionId);
    if (record === undefined) return undefined;
    const { baselineErrorRate } = settingsOf(services, service);
    const options = { baseline: { errorRate: baselineErrorRate }, sinceMs: Date.parse(startedAt) };
    const analysis = createAnalysis(record.input.plan, options);
    for await (const session of sessions.listByService(service, set, { from: new Date(startedAt) })) {
      const call = outcomeOfSession(session, promotionId);
      if (call?.endedAt) analysis.observe(call);
    }
    return weighedCalls(analysis.verdict(now().getTime()), record.input.plan.alpha);
  } catch (error) {
    log.error('records-not-weighed', { error: error instanceof Error ? error : String(error) });
    return undefined;
  }
};
