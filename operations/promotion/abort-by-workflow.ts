import type { AbortInput } from '#core/promotion/steps.ts';
import { type Aborted, failureText } from '#core/promotion/steps.ts';
import { type AbortPorts, abortPromotion } from './abort-promotion.ts';

/**
 * Takes exposure back to zero. Only a verdict quarantines: a step that failed says something about the platform, and a
 * deadline without a verdict says nothing about the release.
 */
export const abort =
  (ports: AbortPorts) =>
  async (event: AbortInput): Promise<Aborted> => {
    const { promotionId, service, set, release, analysis, failure } = event;
    const reason = failure ? failureText(failure) : (analysis?.reason ?? 'the workflow ended without a reason');
    const result = await abortPromotion(ports)({
      promotionId,
      service,
      set,
      release,
      reason,
      ...(analysis?.decision !== undefined && { decision: analysis.decision }),
      quarantine: failure === undefined && analysis?.verdict === 'abort',
    });
    if (result.kind === 'already-promoted') {
      // Promote moved the head and failed after it: without its end the promotion would count as under way for ever.
      const endedAt = ports.now().toISOString();
      await ports.promotions.end(promotionId, {
        outcome: 'promoted',
        reason: reason.slice(0, 2_000),
        by: ports.by,
        endedAt,
      });
      return { outcome: 'already-promoted', quarantined: false, reason: reason.slice(0, 2_000) };
    }
    const outcome = analysis === undefined ? 'no-canary' : 'aborted';
    return { outcome, quarantined: result.quarantined, reason: reason.slice(0, 2_000) };
  };
