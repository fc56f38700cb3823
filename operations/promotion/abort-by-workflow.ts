import { type AbortInput, type Aborted, failureText } from '#core/promotion/steps.ts';
import { asReason } from '#core/words/reason.ts';
import { type AbortPorts, abortPromotion } from './abort-promotion.ts';
import { endPromotion } from './end-promotion.ts';

/**
 * Takes exposure back to zero. Only a verdict quarantines: a step that failed says something about the platform, and a
 * deadline without a verdict says nothing about the release.
 */
export const abortByWorkflow =
  (ports: AbortPorts & { readonly by: string }) =>
  async (event: AbortInput): Promise<Aborted> => {
    const { promotionId, service, set, release, analysis, failure } = event;
    const { by } = ports;
    const reason = failure ? failureText(failure) : (analysis?.reason ?? 'the workflow ended without a reason');
    const quarantine = failure === undefined && analysis?.verdict === 'abort';
    const request = { promotionId, service, set, release, reason, by, decision: analysis?.decision, quarantine };
    const result = await abortPromotion(ports)(request);
    if (result.kind === 'already-promoted') {
      // Promote moved the head and failed after it: without its end the promotion would count as under way for ever.
      await endPromotion(ports)(promotionId, { outcome: 'promoted', reason, by });
      return { outcome: 'already-promoted', quarantined: false, reason: asReason(reason) };
    }
    const outcome = analysis === undefined ? 'no-canary' : 'aborted';
    return { outcome, quarantined: quarantine, reason: asReason(reason) };
  };
