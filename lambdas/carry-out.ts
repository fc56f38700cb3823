import { z } from 'zod';
import type { HeadStore } from '#aws/head-store.ts';
import type { Decision, PromotionStore } from '#aws/promotion-store.ts';
import type { DecisionRecord } from '#core/canary/decision.ts';
import type { NextAction } from '#core/canary/progress.ts';
import type { Verdict } from '#core/canary/verdict.ts';
import { assertNever } from '#core/errors.ts';
import type { Candidate, Head } from '#core/version-set/head.ts';
import type { AnalysisStep } from './promotion-step.ts';

export interface CarryOutPorts {
  readonly heads: Pick<HeadStore, 'apply'>;
  readonly promotions: Pick<PromotionStore, 'decide'>;
  readonly now: () => Date;
  readonly by: string;
}

/** One look at a canary: what was seen and what the plan makes of it. */
export interface Look {
  readonly head: Head;
  readonly candidate: Candidate;
  readonly action: NextAction;
  readonly verdict: Verdict;
  /** End of the exposure lease if the evidence was in time. */
  readonly exposureUntil: string;
  readonly loop: number;
  readonly latest: Decision | undefined;
  readonly record: () => DecisionRecord;
}

/** After a change of weight the loop looks again soon. */
const soonSeconds = 5;

/** Does what was decided: records it, renews or changes the exposure, and tells the workflow. Promoting and aborting are its own steps. */
export const carryOut =
  (ports: CarryOutPorts) =>
  async (look: Look): Promise<AnalysisStep> => {
    const { action, verdict } = look;
    const answer = (step: Partial<AnalysisStep> & Pick<AnalysisStep, 'action' | 'waitSeconds'>): AnalysisStep => ({
      loop: look.loop,
      weightPercent: look.candidate.weightPercent,
      reason: verdict.reason.slice(0, 2_000),
      ...step,
    });
    switch (action.kind) {
      case 'wait':
      case 'hold': {
        await recordChange(ports, look);
        await renew(ports, look);
        const kind = action.kind === 'wait' ? 'continue' : 'hold';
        return answer({ action: kind, waitSeconds: action.seconds, verdict: verdict.verdict });
      }
      case 'freeze':
        await recordChange(ports, look);
        return answer({ action: 'hold', waitSeconds: action.seconds, verdict: verdict.verdict });
      case 'advance': {
        const decision = await decide(ports, look);
        const weightPercent = await setWeight(ports, look, action.weightPercent, decision);
        return answer({ action: 'advance', waitSeconds: soonSeconds, weightPercent, decision });
      }
      case 'promote': {
        const decision = await decide(ports, look);
        await renew(ports, look);
        return answer({ action: 'promote', waitSeconds: 1, decision, verdict: 'promote' });
      }
      case 'abort':
        return answer({ action: 'abort', waitSeconds: 1, decision: await decide(ports, look), verdict: 'abort' });
      case 'give-up': {
        const decision = await decide(ports, look);
        return answer({ action: 'abort', waitSeconds: 1, decision, reason: action.reason.slice(0, 2_000) });
      }
      default:
        return assertNever(action, 'action');
    }
  };

const decide = async ({ promotions }: CarryOutPorts, { verdict, candidate, record }: Look): Promise<string> => {
  const { key } = await promotions.decide(candidate.promotionId, {
    at: verdict.at,
    verdict: verdict.verdict,
    reason: verdict.reason,
    record: z.json().parse(record()),
  });
  return key;
};

/** A hundred looks that say the same are one decision. */
const recordChange = async (ports: CarryOutPorts, look: Look): Promise<void> => {
  if (look.latest?.verdict !== look.verdict.verdict) await decide(ports, look);
};

const renew = async ({ heads, by, now }: CarryOutPorts, { head, candidate, exposureUntil }: Look): Promise<void> => {
  const { promotionId } = candidate;
  await heads.apply(head.service, head.set, { kind: 'renew-exposure', promotionId, exposureUntil }, { by, at: now() });
};

/** @returns the weight that stands: a head that moved meanwhile keeps its own, and the next look decides again */
const setWeight = async (
  { heads, by, now }: CarryOutPorts,
  { head, candidate, exposureUntil, verdict }: Look,
  weightPercent: number,
  evidence: string,
): Promise<number> => {
  const command = {
    kind: 'set-weight',
    promotionId: candidate.promotionId,
    weightPercent,
    exposureUntil,
    expectedRevision: head.revision,
    reason: `${weightPercent} %: ${verdict.reason}`.slice(0, 2_000),
    evidence,
  } as const;
  const result = await heads.apply(head.service, head.set, command, { by, at: now() });
  return result.kind === 'refused' ? candidate.weightPercent : weightPercent;
};
