import { type PagePorts, pagePromotion } from './page-promotion.ts';
import type { PageKind } from '#core/promotion/page.ts';
import type { PromotionInput } from '#core/promotion/promotion-input.ts';
import { pagePorts } from '#lambdas/entrance/compose.ts';
import { lambdaHandler } from '#lambdas/entrance/handler.ts';
import { Aborted, Failure, type Notified, Promoted, Promotion, failureText } from '#core/promotion/steps.ts';

const NotifyEvent = Promotion.extend({
  promoted: Promoted.optional(),
  aborted: Aborted.optional(),
  failure: Failure.optional(),
});
type NotifyEvent = ReturnType<typeof NotifyEvent.parse>;

/** Tells people how the promotion ended, unless the path that ended it has done so. */
export const notify =
  (ports: PagePorts) =>
  async (event: NotifyEvent): Promise<Notified> => {
    const { aborted, failure } = event;
    const kind = kindOf(event);
    const reason = aborted?.reason ?? (failure && failureText(failure));
    const promotion: PromotionInput = promotionOf(event);
    const sent = await pagePromotion(ports)({ promotion, kind, ...(reason !== undefined && { reason }) });
    return { pages: sent ? 1 : 0 };
  };

/** What stands on the head decides: a step that failed after the head had moved took nothing back. */
const kindOf = ({ aborted, failure }: NotifyEvent): PageKind => {
  if (aborted === undefined) return failure === undefined ? 'promoted' : 'aborted';
  return pageKinds[aborted.outcome];
};

const pageKinds = {
  aborted: 'aborted',
  'no-canary': 'refused',
  'already-promoted': 'promoted',
} as const satisfies Record<Aborted['outcome'], PageKind>;

/** The promotion without the answers of its steps. */
const promotionOf = ({ promoted: _promoted, aborted: _aborted, failure: _failure, ...promotion }: NotifyEvent) =>
  promotion;

export const handler = lambdaHandler('notify', NotifyEvent, (parts) => notify(pagePorts(parts)));
