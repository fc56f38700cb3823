import { type Clock, timestampOf } from '#core/clock.ts';
import type { PromotionEnd, PromotionStore } from '#core/promotion/promotion-store.ts';
import type { PromotionId } from '#core/words/ids.ts';
import { asReason } from '#core/words/reason.ts';

export interface EndPorts {
  readonly promotions: Pick<PromotionStore, 'end'>;
  readonly clock: Clock;
}

/** Writes how a promotion ended. The first end stays, so every path to one end may write it. */
export const endPromotion =
  ({ promotions, clock }: EndPorts) =>
  async (promotionId: PromotionId, { outcome, reason, by }: Omit<PromotionEnd, 'endedAt'>): Promise<void> => {
    const endedAt = timestampOf(clock.now());
    await promotions.end(promotionId, { outcome, reason: asReason(reason), by, endedAt });
  };
