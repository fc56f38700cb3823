import { type Clock, within } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import { type Confirmation, confirmationOf } from '#core/promotion/judge-alarm.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import type { ServiceSettings } from '#core/promotion/service-settings.ts';
import { type CallRecords, isMalformed } from '#core/session/call-records.ts';
import type { Candidate, Head } from '#core/version-set/head.ts';
import { canaryComparison } from './comparison.ts';
import type { judge } from './judge.ts';

export interface ConfirmSuspicionPorts {
  readonly calls: CallRecords;
  readonly judge: ReturnType<typeof judge>;
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
      return await within(ports.clock, answerLimitMs, ask(ports, head, candidate), late);
    } catch (error) {
      ports.log.error('judge-cannot-answer', { error: error instanceof Error ? error : String(error) });
      return { kind: 'cannot-answer', reason: error instanceof Error ? error.message : 'the judge failed' };
    }
  };

const ask = async (ports: ConfirmSuspicionPorts, head: Head, candidate: Candidate): Promise<Confirmation> => {
  const promotion = await ports.promotions.get(candidate.promotionId);
  if (promotion === undefined) return { kind: 'cannot-answer', reason: 'the promotion has no record' };
  const { plan } = promotion.input;
  const { verdict } = await ports.judge(canaryComparison(head, candidate, plan, ports.services), { kind: 'alarm' });
  const nowMs = ports.clock.now();
  return confirmationOf(verdict, {
    alpha: plan.alpha,
    hasRecords: await candidateHasCalls(ports, head, candidate, nowMs - countedMs),
    startedMs: Date.parse(candidate.startedAt),
    nowMs,
  });
};

/** Whether any call that started on this candidate since then has a record. */
export const candidateHasCalls = async (
  { calls }: Pick<ConfirmSuspicionPorts, 'calls'>,
  { service, set }: Pick<Head, 'service' | 'set'>,
  { promotionId, startedAt }: Pick<Candidate, 'promotionId' | 'startedAt'>,
  sinceMs: number,
): Promise<boolean> => {
  const from = new Date(Math.max(sinceMs, Date.parse(startedAt)));
  for await (const read of calls.started(service, set, from)) {
    if (isMalformed(read)) continue;
    const { assignment, result } = read;
    const isOwn = assignment.promotionId === promotionId && assignment.arm === 'candidate' && !assignment.probe;
    if (isOwn && result?.lost !== 'before-hand-over') return true;
  }
  return false;
};
