import type { Executions } from '#core/promotion/executions.ts';
import { executionNameOf } from '#core/promotion/promotion-input.ts';
import type { Continued, Promotion } from '#core/promotion/steps.ts';

export interface ContinuePromotionPorts {
  readonly executions: Pick<Executions, 'start'>;
}

/** Goes on in a new execution before the history of this one is full. The name makes a second start the same start. */
export const continuePromotion =
  ({ executions }: ContinuePromotionPorts) =>
  async (promotion: Promotion): Promise<Continued> => {
    const next = { ...promotion, continuation: promotion.continuation + 1 };
    await executions.start(next);
    return { executionName: executionNameOf(next) };
  };
