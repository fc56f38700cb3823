import type { PageKind } from '#core/promotion/page.ts';
import { type Aborted, failureText, type Notified, type NotifyInput } from '#core/promotion/steps.ts';
import { type PagePorts, pagePromotion } from './page-promotion.ts';

/** The workflow's last step: tells people how the promotion ended, unless the path that ended it has done so. */
export const pageEnd =
  (ports: PagePorts) =>
  async (event: NotifyInput): Promise<Notified> => {
    const { aborted, failure } = event;
    const reason = aborted?.reason ?? (failure && failureText(failure));
    const request = { promotion: event, kind: kindOf(event), ...(reason !== undefined && { reason }) };
    return { pages: (await pagePromotion(ports)(request)) ? 1 : 0 };
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
