import { LastgoodError } from '#core/errors.ts';
import { decisionKey, type PromotionStore } from '#core/promotion/promotion-store.ts';
import type { Promotion } from '#core/promotion/steps.ts';
import { type Promoted } from '#core/promotion/steps.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';

export interface PromotePorts {
  readonly heads: Pick<HeadStore, 'apply'>;
  readonly promotions: Pick<PromotionStore, 'decisions' | 'end'>;
  readonly now: () => Date;
  readonly by: string;
}

/**
 * Moves the head to the candidate, on the latest decision only, and only if that one says `promote` (invariant 5).
 * A head that has moved since refuses the command.
 */
export const promote =
  ({ heads, promotions, now, by }: PromotePorts) =>
  async ({ promotionId, service, set, version }: Promotion): Promise<Promoted> => {
    const [decision] = await promotions.decisions(promotionId, 1);
    if (decision?.verdict !== 'promote') {
      throw new LastgoodError(
        'evidence-missing',
        `the latest decision of promotion ${promotionId} says ${decision?.verdict ?? 'nothing'}; only "promote" promotes`,
      );
    }
    const key = decisionKey(promotionId, decision.number);
    const reason = `${version}: ${decision.reason}`.slice(0, 2_000);
    const evidence = { verdict: decision.verdict, decision: key, decidedAt: decision.at };
    const result = await heads.apply(
      service,
      set,
      { kind: 'promote', promotionId, evidence, reason },
      { by, at: now() },
    );
    if (result.kind === 'refused')
      throw new LastgoodError('transition-refused', `${version} was not promoted: ${result.reason}`);
    await promotions.end(promotionId, { outcome: 'promoted', reason, by, endedAt: now().toISOString() });
    return { revision: result.head.revision, decision: key };
  };
