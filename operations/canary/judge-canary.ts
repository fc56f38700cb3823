import { z } from 'zod';
import { decisionRecord } from '#core/canary/decision.ts';
import type { CanaryPlan } from '#core/canary/plan.ts';
import { exposureLeaseSeconds, type NextAction, nextAction } from '#core/canary/progress.ts';
import type { Verdict } from '#core/canary/verdict.ts';
import { type Clock, timestampOf } from '#core/clock.ts';
import { assertNever } from '#core/errors.ts';
import { decisionKey, type PromotionStore } from '#core/promotion/promotion-store.ts';
import type { JudgeCanaryInput, NextStep, Promotion } from '#core/promotion/steps.ts';
import type { Command } from '#core/version-set/command.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import { endedAs, type Head } from '#core/version-set/head.ts';
import type { TransitionResult } from '#core/version-set/transition.ts';
import { asReason } from '#core/words/reason.ts';
import { type EndedCanary, readCanary, type ReadCanaryPorts, type RunningCanary } from './read-canary.ts';

export type JudgeCanaryPorts = ReadCanaryPorts & {
  readonly heads: Pick<HeadStore, 'apply'>;
  readonly promotions: Pick<PromotionStore, 'decide'>;
  readonly clock: Clock;
  readonly by: string;
};

/**
 * One look of the workflow at its canary, the whole decision in one place: read every call from its record, judge, decide by
 * the plan, carry it out, answer. The workflow only follows the answer: it waits, and calls the steps that promote and abort.
 */
export const judgeCanary =
  (ports: JudgeCanaryPorts) =>
  async (event: JudgeCanaryInput): Promise<NextStep> => {
    const loop = (event.analysis?.loop ?? 0) + 1;
    const nowMs = ports.clock.now();
    const canary = await readCanary(ports, event);
    if (canary.kind === 'ended') return { loop, ...followEnd(event, canary) };
    const { verdict } = canary;
    const action = decideNext(event.plan, canary, nowMs);
    const exposureUntil = timestampOf(nowMs + exposureLeaseSeconds(event.plan) * 1_000);
    return { loop, ...(await carryOut(ports, { canary, verdict, action, exposureUntil })) };
  };

type Answer = Omit<NextStep, 'loop'>;

/** What the plan does next. A frozen set may lose exposure and never gains any. */
const decideNext = (plan: CanaryPlan, canary: RunningCanary, nowMs: number): NextAction => {
  const { frozen } = canary.head;
  return nextAction(plan, {
    weightPercent: canary.candidate.weightPercent,
    secondsAtWeight: secondsSince(canary.weightSince, nowMs),
    secondsSinceStart: secondsSince(canary.candidate.startedAt, nowMs),
    ...(frozen && { frozen: `by ${frozen.by}: ${frozen.reason}` }),
    verdict: canary.verdict,
  });
};

const secondsSince = (at: string, nowMs: number): number => Math.max(0, (nowMs - Date.parse(at)) / 1_000);

/**
 * Somebody else ended it: the in-band path, an alarm, a person. The workflow follows, and repeats what a measured abort
 * brings with it: whoever flipped may have died before the quarantine.
 */
const followEnd = ({ promotionId }: Promotion, { head, latest }: EndedCanary): Answer => {
  const reason = head?.lastTransition.reason ?? 'the version set has no head';
  const answer = { waitSeconds: 1, weightPercent: 0, reason };
  if (head !== undefined && endedAs(head, promotionId, 'promoted')) return { ...answer, action: 'promote' };
  if (latest?.verdict !== 'abort') return { ...answer, action: 'abort' };
  return { ...answer, action: 'abort', verdict: 'abort', decision: decisionKey(promotionId, latest.number) };
};

interface Decided {
  readonly canary: RunningCanary;
  readonly verdict: Verdict;
  readonly action: NextAction;
  /** End of the exposure lease if the evidence was in time. */
  readonly exposureUntil: string;
}

/** After a change of weight the loop looks again soon. */
const soonSeconds = 5;

/** Records what was decided, renews or changes the exposure, and says what the workflow does. */
const carryOut = async (ports: JudgeCanaryPorts, decided: Decided): Promise<Answer> => {
  const { action, verdict, canary } = decided;
  const answer = { weightPercent: canary.candidate.weightPercent, reason: asReason(verdict.reason) };
  switch (action.kind) {
    case 'wait':
    case 'hold': {
      await recordChange(ports, decided);
      await renewExposure(ports, decided);
      const kind = action.kind === 'wait' ? 'continue' : 'hold';
      return { ...answer, action: kind, waitSeconds: action.seconds, verdict: verdict.verdict };
    }
    case 'freeze':
      await recordChange(ports, decided);
      return { ...answer, action: 'hold', waitSeconds: action.seconds, verdict: verdict.verdict };
    case 'advance': {
      const decision = await record(ports, decided);
      const weightPercent = await setWeight(ports, decided, action.weightPercent, decision);
      return { ...answer, action: 'advance', waitSeconds: soonSeconds, weightPercent, decision };
    }
    case 'promote': {
      const decision = await record(ports, decided);
      await renewExposure(ports, decided);
      return { ...answer, action: 'promote', waitSeconds: 1, decision, verdict: 'promote' };
    }
    case 'abort':
      return { ...answer, action: 'abort', waitSeconds: 1, decision: await record(ports, decided), verdict: 'abort' };
    case 'give-up': {
      const decision = await record(ports, decided);
      return { ...answer, action: 'abort', waitSeconds: 1, decision, reason: asReason(action.reason) };
    }
    default:
      return assertNever(action, 'action');
  }
};

/** @returns key of the decision record */
const record = async (
  { promotions }: JudgeCanaryPorts,
  { verdict, canary: { candidate, comparison, analysis } }: Decided,
): Promise<string> => {
  const { key } = await promotions.decide(candidate.promotionId, {
    at: verdict.at,
    verdict: verdict.verdict,
    reason: verdict.reason,
    record: z.json().parse(decisionRecord(comparison.plan, analysis, verdict, comparison.baseline)),
  });
  return key;
};

/** A hundred looks that say the same are one decision. */
const recordChange = async (ports: JudgeCanaryPorts, decided: Decided): Promise<void> => {
  if (decided.canary.latest?.verdict !== decided.verdict.verdict) await record(ports, decided);
};

const renewExposure = async (ports: JudgeCanaryPorts, { canary, exposureUntil }: Decided): Promise<void> => {
  const { head, candidate } = canary;
  await apply(ports, head, { kind: 'renew-exposure', promotionId: candidate.promotionId, exposureUntil });
};

/** @returns the weight that stands: a head that moved meanwhile keeps its own, and the next look decides again */
const setWeight = async (
  ports: JudgeCanaryPorts,
  { canary: { head, candidate }, exposureUntil, verdict }: Decided,
  weightPercent: number,
  evidence: string,
): Promise<number> => {
  const result = await apply(ports, head, {
    kind: 'set-weight',
    promotionId: candidate.promotionId,
    weightPercent,
    exposureUntil,
    expectedRevision: head.revision,
    reason: asReason(`${weightPercent} %: ${verdict.reason}`),
    evidence,
  });
  return result.kind === 'refused' ? candidate.weightPercent : weightPercent;
};

const apply = (
  { heads, clock, by }: JudgeCanaryPorts,
  { service, set }: Head,
  command: Command,
): Promise<TransitionResult> => heads.apply(service, set, command, { by, at: new Date(clock.now()) });
