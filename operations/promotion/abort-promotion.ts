import type { ReleaseEvidence } from '#core/evidence/release-evidence.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { PromotionId } from '#core/words/ids.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';

export interface AbortPorts {
  readonly heads: Pick<HeadStore, 'apply'>;
  readonly evidence: Pick<ReleaseEvidence, 'quarantine'>;
  readonly promotions: Pick<PromotionStore, 'end'>;
  readonly now: () => Date;
  readonly by: string;
}

export interface AbortRequest {
  readonly promotionId: PromotionId;
  readonly service: ServiceName;
  readonly set: SetName;
  readonly release: ReleaseId;
  readonly reason: string;
  /** Key of the decision record. */
  readonly decision?: string;
  /** True when the release itself was measured to be bad: then it is barred by its digest (R9). */
  readonly quarantine: boolean;
}

export type AbortResult =
  /** `flipped`: this call moved the head; otherwise somebody else had, or no caller ever met the candidate. */
  | {
      readonly kind: 'aborted';
      readonly flipped: boolean;
      readonly head: Head | undefined;
      readonly quarantined: boolean;
    }
  | { readonly kind: 'already-promoted' };

/**
 * Ends a promotion without its release. The pointer first: it is what callers feel; then the bar, then the record. Every
 * write may be repeated, so a crash between them is repaired by the next path that comes to the same end.
 */
export const abortPromotion =
  ({ heads, evidence, promotions, now, by }: AbortPorts) =>
  async (request: AbortRequest): Promise<AbortResult> => {
    const { promotionId, service, set, release, decision } = request;
    const reason = request.reason.slice(0, 2_000);
    const command = {
      kind: 'abort',
      promotionId,
      reason,
      ...(decision !== undefined && { evidence: decision }),
    } as const;
    const result = await heads.apply(service, set, command, { by, at: now() });
    if (result.kind === 'refused' && result.code === 'already-promoted') return { kind: 'already-promoted' };
    const at = now().toISOString();
    if (request.quarantine) await evidence.quarantine(release, { reason, promotionId, at, by });
    await promotions.end(promotionId, { outcome: 'aborted', reason, by, endedAt: at });
    return {
      kind: 'aborted',
      flipped: result.kind === 'moved',
      head: result.kind === 'refused' ? undefined : result.head,
      quarantined: request.quarantine,
    };
  };
