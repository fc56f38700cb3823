import { type Clock, timestampOf } from '#core/clock.ts';
import { type Notified, type NotifyInput } from '#core/promotion/steps.ts';
import { type PagePorts, writePromotionPage } from './write-promotion-page.ts';
import { tellPeople } from './tell-people.ts';

export interface PageRefusedPorts extends PagePorts {
  readonly clock: Clock;
  readonly by: string;
}

/**
 * Tells people, once, that a promotion ended before any caller met its release: no transition says so, and therefore nothing follows one.
 * Every other end is told by whoever carries out the history.
 */
export const pageRefused =
  (ports: PageRefusedPorts) =>
  async ({ aborted, ...promotion }: NotifyInput): Promise<Notified> => {
    if (aborted.outcome !== 'no-canary') return { pages: 0 };
    const { by, clock } = ports;
    const page = { promotion, kind: 'refused', reason: aborted.reason, by, at: timestampOf(clock.now()) } as const;
    const message = { subject: promotion.promotionId, kind: 'refused', write: () => writePromotionPage(ports, page) };
    return { pages: (await tellPeople(ports)(message)) ? 1 : 0 };
  };
