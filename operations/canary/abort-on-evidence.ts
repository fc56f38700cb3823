import type { Log, LogFields } from '#core/log.ts';
import type { Decision, PromotionStore } from '#core/promotion/promotion-store.ts';
import type { Candidate, Head } from '#core/version-set/head.ts';
import { type AbortPorts, abortPromotion } from '../promotion/abort-promotion.ts';

export interface AbortOnEvidencePorts extends AbortPorts {
  readonly promotions: Pick<PromotionStore, 'decide'>;
  readonly log: Log;
}

/** Why a candidate must go, as whoever judged it found. */
export interface AbortEvidence extends Pick<Decision, 'at' | 'reason' | 'record'> {
  /** Who stands in the history for the abort. */
  readonly by: string;
  /** For the line that says that the candidate was aborted. */
  readonly logFields: LogFields;
}

/**
 * The flip outside of the workflow, for everybody who judges a candidate: record the decision, take the candidate off the
 * head. That it is barred and people are told follows from it. @returns false when somebody else had moved the head
 */
export const abortOnEvidence =
  (ports: AbortOnEvidencePorts) =>
  async (
    { service, set }: Head,
    { promotionId }: Candidate,
    { by, logFields, ...evidence }: AbortEvidence,
  ): Promise<boolean> => {
    const { key } = await ports.promotions.decide(promotionId, { ...evidence, verdict: 'abort' });
    const { reason } = evidence;
    const request = { promotionId, service, set, reason, decision: key, quarantine: true, by };
    const result = await abortPromotion(ports)(request);
    if (result.kind === 'already-promoted' || !result.flipped) return false;
    ports.log.warn('candidate-aborted', { ...logFields, trace_id: promotionId });
    return true;
  };
