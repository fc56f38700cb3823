import type { CanaryPlan } from '#core/canary/plan.ts';
import { type Clock, timestampOf } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import { decisionKey, type PromotionStore } from '#core/promotion/promotion-store.ts';
import type { Promoted, Promotion } from '#core/promotion/steps.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import { asReason } from '#core/words/reason.ts';

export interface PromoteCandidatePorts {
  readonly heads: Pick<HeadStore, 'apply'>;
  readonly promotions: Pick<PromotionStore, 'decisions'>;
  readonly clock: Clock;
  readonly by: string;
}

/**
 * Moves the head to the candidate, on the latest decision only, and only if that one says `promote` (invariant 5).
 * A head that has moved since refuses the command.
 */
export const promoteCandidate =
  ({ heads, promotions, clock, by }: PromoteCandidatePorts) =>
  async ({ promotionId, service, set, version, plan }: Promotion): Promise<Promoted> => {
    const [decision] = await promotions.decisions(promotionId, 1);
    if (decision?.verdict !== 'promote') {
      throw new LastgoodError(
        'evidence-missing',
        `the latest decision of promotion ${promotionId} says ${decision?.verdict ?? 'nothing'}; only "promote" promotes`,
      );
    }
    const key = decisionKey(promotionId, decision.number);
    const reason = asReason(`${version}: ${decision.reason}`);
    const evidence = { verdict: decision.verdict, decision: key, decidedAt: decision.at };
    const nowMs = clock.now();
    const command = { kind: 'promote', promotionId, evidence, ...holdbackOf(plan, nowMs), reason } as const;
    const result = await heads.apply(service, set, command, { by, at: new Date(nowMs) });
    if (result.kind === 'refused')
      throw new LastgoodError('transition-refused', `${version} was not promoted: ${result.reason}`);
    return { revision: result.head.revision, decision: key };
  };

/** Some callers stay on what was stable, for the watch time. */
const holdbackOf = ({ holdback: { percent, watchHours } }: CanaryPlan, nowMs: number) =>
  percent === 0 ? {} : { holdback: { weightPercent: percent, until: timestampOf(nowMs + watchHours * 3_600_000) } };
