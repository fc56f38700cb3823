import type { Clock } from '#core/clock.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { PromotionId } from '#core/words/ids.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import { asReason } from '#core/words/reason.ts';

/** What aborting writes to: the head and nothing else (invariant 7). */
export interface AbortPorts {
  readonly heads: Pick<HeadStore, 'apply'>;
  readonly clock: Clock;
}

export interface AbortRequest {
  readonly promotionId: PromotionId;
  readonly service: ServiceName;
  readonly set: SetName;
  readonly reason: string;
  /** Who stands in the history for it. */
  readonly by: string;
  /** Key of the decision record. @default - nothing was decided */
  readonly decision?: string | undefined;
  /** True when the release itself was measured to be bad: then it is barred by its digest (R9). */
  readonly quarantine: boolean;
}

export type AbortResult =
  /** `flipped`: this call moved the head; otherwise somebody else had, or no caller ever met the candidate. */
  { readonly kind: 'aborted'; readonly flipped: boolean } | { readonly kind: 'already-promoted' };

/** Takes a candidate off the head, with one write. The bar, the end and the page follow from it, and are not for whoever aborts. */
export const abortPromotion =
  ({ heads, clock }: AbortPorts) =>
  async ({ promotionId, service, set, reason, by, decision, quarantine }: AbortRequest): Promise<AbortResult> => {
    const command = {
      kind: 'abort',
      promotionId,
      reason: asReason(reason),
      ...(decision !== undefined && { evidence: decision }),
      ...(quarantine && { quarantine: true as const }),
    } as const;
    const result = await heads.apply(service, set, command, { by, at: new Date(clock.now()) });
    if (result.kind === 'refused' && result.code === 'already-promoted') return { kind: 'already-promoted' };
    return { kind: 'aborted', flipped: result.kind === 'moved' };
  };
