import { type Clock, within } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import { type Confirmation, confirmationOf } from '#core/promotion/judge-alarm.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import { type ServiceSettings, settingsOf } from '#core/promotion/service-settings.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { Candidate, Head } from '#core/version-set/head.ts';
import { readCanaryCalls } from './read-canary-calls.ts';

export interface ConfirmSuspicionPorts {
  readonly sessions: Pick<SessionStore, 'listByService'>;
  readonly promotions: Pick<PromotionStore, 'get'>;
  readonly services: ServiceSettings;
  readonly clock: Clock;
  readonly log: Log;
}

/** The alarm path is for the day on which everything else fails: it does not wait for an answer that does not come. */
const answerLimitMs = 5_000;
/** What the alarm counted lies within this. */
const countedMs = 600_000;

/** Asks the judge of the canary whether the candidate is worse; never rejects. */
export const confirmSuspicion =
  (ports: ConfirmSuspicionPorts) =>
  async (head: Head, candidate: Candidate): Promise<Confirmation> => {
    const late = () => new LastgoodError('timeout', `the judge did not answer within ${answerLimitMs / 1_000} s`);
    try {
      return await within(ports.clock, answerLimitMs, judge(ports, head, candidate), late);
    } catch (error) {
      ports.log.error('judge-cannot-answer', { error: error instanceof Error ? error : String(error) });
      return { kind: 'cannot-answer', reason: error instanceof Error ? error.message : 'the judge failed' };
    }
  };

const judge = async (ports: ConfirmSuspicionPorts, head: Head, candidate: Candidate): Promise<Confirmation> => {
  const { service, set } = head;
  const promotion = await ports.promotions.get(candidate.promotionId);
  if (promotion === undefined) return { kind: 'cannot-answer', reason: 'the promotion has no record' };
  const { plan } = promotion.input;
  const baseline = { errorRate: settingsOf(ports.services, service).baselineErrorRate };
  const analysis = await readCanaryCalls(ports, { service, set, candidate, plan, baseline });
  const nowMs = ports.clock.now();
  return confirmationOf(analysis.verdict(nowMs), {
    alpha: plan.alpha,
    hasRecords: await candidateHasCalls(ports, head, candidate, nowMs - countedMs),
    startedMs: Date.parse(candidate.startedAt),
    nowMs,
  });
};

/** Whether any call that started on this candidate since then has a record. */
export const candidateHasCalls = async (
  { sessions }: Pick<ConfirmSuspicionPorts, 'sessions'>,
  { service, set }: Pick<Head, 'service' | 'set'>,
  { promotionId, startedAt }: Pick<Candidate, 'promotionId' | 'startedAt'>,
  sinceMs: number,
): Promise<boolean> => {
  const from = new Date(Math.max(sinceMs, Date.parse(startedAt)));
  for await (const { assignment, result } of sessions.listByService(service, set, { from })) {
    const isOwn = assignment.promotionId === promotionId && assignment.arm === 'candidate' && !assignment.probe;
    if (isOwn && result?.lost !== 'before-hand-over') return true;
  }
  return false;
};
