import type { Promotions } from '#core/promotion/executions.ts';
import { executionNameOf, type PromotionInput } from '#core/promotion/promotion-input.ts';
import type { Promotion } from '#core/promotion/steps.ts';
import { type Continued } from '#core/promotion/steps.ts';

export interface ContinuePromotionPorts {
  readonly executions: Pick<Promotions, 'start'>;
}

/** Goes on in a new execution before the history of this one is full. The name makes a second start the same start. */
export const continuePromotion =
  ({ executions }: ContinuePromotionPorts) =>
  async ({
    promotionId,
    org,
    service,
    set,
    release,
    version,
    plan,
    requestedBy,
    ...rest
  }: Promotion): Promise<Continued> => {
    const next: PromotionInput = {
      promotionId,
      org,
      service,
      set,
      release,
      version,
      plan,
      requestedBy,
      attempt: rest.attempt,
      continuation: rest.continuation + 1,
    };
    await executions.start(next);
    return { executionName: executionNameOf(next) };
  };
