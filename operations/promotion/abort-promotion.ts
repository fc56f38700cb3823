import { timestampOf } from '#core/clock.ts';
import type { ReleaseEvidence } from '#core/evidence/release-evidence.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { PromotionId } from '#core/words/ids.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import { asReason } from '#core/words/reason.ts';
import { endPromotion, type EndPorts } from './end-promotion.ts';

/** What aborting writes to: the registry and nothing else (invariant 7). */
export interface AbortPorts extends EndPorts {
  readonly heads: Pick<HeadStore, 'apply'>;
  readonly evidence: Pick<ReleaseEvidence, 'quarantine'>;
}

export interface AbortRequest {
  readonly promotionId: PromotionId;
  readonly service: ServiceName;
  readonly set: SetName;
  readonly release: ReleaseId;
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

/**
 * Ends a promotion without its release. The pointer first: it is what callers feel; then the bar, then the record. Every
 * write may be repeated, so a crash between them is repaired by the next path that comes to the same end.
 */
export const abortPromotion =
  (ports: AbortPorts) =>
  async (request: AbortRequest): Promise<AbortResult> => {
    const { heads, evidence, clock } = ports;
    const { promotionId, service, set, release, decision, by } = request;
    const reason = asReason(request.reason);
    const command = {
      kind: 'abort',
      promotionId,
      reason,
      ...(decision !== undefined && { evidence: decision }),
    } as const;
    const result = await heads.apply(service, set, command, { by, at: new Date(clock.now()) });
    if (result.kind === 'refused' && result.code === 'already-promoted') return { kind: 'already-promoted' };
    if (request.quarantine)
      await evidence.quarantine(release, { reason, promotionId, at: timestampOf(clock.now()), by });
    await endPromotion(ports)(promotionId, { outcome: 'aborted', reason, by });
    return { kind: 'aborted', flipped: result.kind === 'moved' };
  };
