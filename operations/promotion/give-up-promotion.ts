import type { Aborted } from '#core/promotion/steps.ts';
import type { History } from '#core/version-set/history.ts';
import { asReason } from '#core/words/reason.ts';
import { type AbortPorts, abortPromotion, type AbortRequest } from './abort-promotion.ts';
import { endPromotion, type EndPorts } from './end-promotion.ts';

export type GiveUpPorts = AbortPorts & EndPorts & { readonly history: Pick<History, 'list'> };

/** No promotion makes so many transitions. */
const maxTransitions = 1_000;

/**
 * Ends a promotion for whoever is its last: takes its candidate back, or, when no caller ever met it, records the end that no transition
 * brings. It may be repeated, and come too late.
 */
export const giveUpPromotion =
  (ports: GiveUpPorts) =>
  async (request: AbortRequest): Promise<Aborted> => {
    const reason = asReason(request.reason);
    const result = await abortPromotion(ports)(request);
    if (result.kind === 'already-promoted') return { outcome: 'already-promoted', reason };
    if (result.flipped || (await wasExposed(ports, request))) return { outcome: 'aborted', reason };
    await endPromotion(ports)(request.promotionId, { outcome: 'aborted', reason, by: request.by });
    // A canary that started meanwhile found no end that it could have seen.
    const again = await abortPromotion(ports)(request);
    return { outcome: again.kind === 'aborted' && again.flipped ? 'aborted' : 'no-canary', reason };
  };

/** True when the promotion has come before callers: then a transition has ended it, and the rest follows from that. */
const wasExposed = async (
  { history }: Pick<GiveUpPorts, 'history'>,
  { service, set, promotionId }: AbortRequest,
): Promise<boolean> => {
  const entries = await history.list(service, set, maxTransitions);
  return entries.some((entry) => entry.promotionId === promotionId && begins(entry));
};

const begins = ({ kind }: { readonly kind: string }): boolean => kind === 'start-canary' || kind === 'initialize';
