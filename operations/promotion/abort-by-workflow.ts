import { type AbortInput, type Aborted, failureText } from '#core/promotion/steps.ts';
import { giveUpPromotion, type GiveUpPorts } from './give-up-promotion.ts';

/**
 * Takes exposure back to zero. Only a verdict quarantines: a step that failed says something about the platform, and a
 * deadline without a verdict says nothing about the release.
 */
export const abortByWorkflow =
  (ports: GiveUpPorts & { readonly by: string }) =>
  async ({ promotionId, service, set, analysis, failure }: AbortInput): Promise<Aborted> => {
    const reason = failure ? failureText(failure) : (analysis?.reason ?? 'the workflow ended without a reason');
    const quarantine = failure === undefined && analysis?.verdict === 'abort';
    const request = { promotionId, service, set, reason, by: ports.by, decision: analysis?.decision, quarantine };
    return giveUpPromotion(ports)(request);
  };
