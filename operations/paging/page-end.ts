import type { PageKind } from '#core/promotion/page.ts';
import type { PromotionInput } from '#core/promotion/promotion-input.ts';
import type { Aborted, NotifyInput } from '#core/promotion/steps.ts';
import { failureText, type Notified } from '#core/promotion/steps.ts';
import { type PagePorts, pagePromotion } from './page-promotion.ts';

/** Tells people how the promotion ended, unless the path that ended it has done so. */
export const notify =
  (ports: PagePorts) =>
  async (event: NotifyInput): Promise<Notified> => {
    const { aborted, failure } = event;
    const kind = kindOf(event);
    const reason = aborted?.reason ?? (failure && failureText(failure));
    const promotion: PromotionInput = promotionOf(event);
    const sent = await pagePromotion(ports)({ promotion, kind, ...(reason !== undefined && { reason }) });
    return { pages: sent ? 1 : 0 };
  };

/** What stands on the head decides: a step that failed after the head had moved took nothing back. */
const kindOf = ({ aborted, failure }: NotifyInput): PageKind => {
  if (aborted === undefined) return failure === undefined ? 'promoted' : 'aborted';
  return pageKinds[aborted.outcome];
};

const pageKinds = {
  aborted: 'aborted',
  'no-canary': 'refused',
  'already-promoted': 'promoted',
} as const satisfies Record<Aborted['outcome'], PageKind>;

/** The promotion without the answers of its steps. */
const promotionOf = ({ promoted: _promoted, aborted: _aborted, failure: _failure, ...promotion }: NotifyInput) =>
  promotion;
