import { assertNever, isLastgoodError, LastgoodError } from '#core/errors.ts';
import { renderEntryPage } from '#core/promotion/entry-page.ts';
import type { Page } from '#core/promotion/pager.ts';
import type { Consequence } from '#core/version-set/consequence.ts';
import type { HistoryEntry } from '#core/version-set/head.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import { type PagePorts, writePromotionPage } from '../paging/write-promotion-page.ts';
import { openEpisode } from '../paging/open-episode.ts';
import { unhealthyEpisode } from '../paging/page-unhealthy.ts';
import { writeStablePage } from '../paging/write-stable-page.ts';
import { tellPeople } from '../paging/tell-people.ts';

export interface PageEntryPorts extends PagePorts {
  readonly org: string;
}

export interface EntryToPage {
  readonly service: ServiceName;
  readonly set: SetName;
  readonly entry: HistoryEntry;
  readonly consequence: Consequence;
}

type ConsequenceOf<Kind extends Consequence['kind']> = Extract<Consequence, { kind: Kind }>;

/** Sends the page that is one of the consequences of an entry, once; the others are none of its business. */
export const pageEntry =
  (ports: PageEntryPorts) =>
  async (request: EntryToPage): Promise<void> => {
    const { consequence } = request;
    switch (consequence.kind) {
      case 'page-promotion':
        return pagePromotionEnd(ports, request, consequence);
      case 'page-suspicion':
        return pageSuspicion(ports, request, consequence);
      case 'page-roll-back':
        return pageRollBack(ports, request, consequence);
      case 'quarantine':
      case 'end-promotion':
        return;
      default:
        return assertNever(consequence, 'consequence');
    }
  };

const pagePromotionEnd = async (
  ports: PageEntryPorts,
  request: EntryToPage,
  { promotionId, page: kind }: ConsequenceOf<'page-promotion'>,
): Promise<void> => {
  const { by, at, reason } = request.entry;
  const write = async () => {
    const promotion = (await ports.promotions.get(promotionId))?.input;
    if (promotion) return writePromotionPage(ports, { promotion, kind, reason, by, at });
    throw new LastgoodError('not-found', `promotion ${promotionId} is not recorded`);
  };
  await tellPeople(ports)({ subject: promotionId, kind, write: () => writeAnyway(ports, request, write) });
};

/** Half of the callers are on last-good: an episode begins, unless people know of it. */
const pageSuspicion = async (
  ports: PageEntryPorts,
  request: EntryToPage,
  { release }: ConsequenceOf<'page-suspicion'>,
): Promise<void> => {
  const { service, set, entry } = request;
  const { reason, to } = entry;
  const held = to.holdback === undefined ? {} : { lastGood: to.holdback };
  const page = {
    kind: 'suspected',
    service,
    set,
    reason,
    release,
    stable: to.stable,
    quarantined: false,
    ...held,
  } as const;
  // The episode began with the entry, whenever it is carried out.
  const clock = { now: () => Date.parse(entry.at) };
  await openEpisode({ ...ports, clock })({
    ...unhealthyEpisode({ service, set, release }),
    write: () => writeAnyway(ports, request, () => writeStablePage(ports, page)),
  });
};

/** Callers have left what was unhealthy: that episode is over, and this page says so. */
const pageRollBack = async (
  ports: PageEntryPorts,
  request: EntryToPage,
  { release, promotionId }: ConsequenceOf<'page-roll-back'>,
): Promise<void> => {
  const { service, set, entry } = request;
  const { reason, revision, to, follows = [] } = entry;
  const quarantined = follows.some(({ kind }) => kind === 'quarantine');
  const ended = promotionId === undefined ? {} : { ended: promotionId };
  const page = {
    kind: 'rolled-back',
    service,
    set,
    reason,
    release,
    stable: to.stable,
    quarantined,
    ...ended,
  } as const;
  await tellPeople(ports)({
    subject: `${service}#${set}#${revision}`,
    kind: 'rolled-back',
    write: () => writeAnyway(ports, request, () => writeStablePage(ports, page)),
  });
  const episode = unhealthyEpisode({ service, set, release });
  const since = await ports.pageLog.openSince(episode.subject, episode.kind);
  if (since !== undefined) await ports.pageLog.close(episode.subject, episode.kind, since);
};

/** A page with less on it beats none; what the same call may get over later is left to it. */
const writeAnyway = async (
  { org }: PageEntryPorts,
  { service, set, entry }: EntryToPage,
  write: () => Promise<Page>,
): Promise<Page> => {
  try {
    return await write();
  } catch (error) {
    if (isLastgoodError(error) && error.retryable) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    return renderEntryPage({ org, service, set, entry, problem });
  }
};
