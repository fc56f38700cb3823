import type { ReleaseEvidence } from '#core/evidence/release-evidence.ts';
import type { Log } from '#core/log.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import type { Consequence } from '#core/version-set/consequence.ts';
import type { HistoryEntry } from '#core/version-set/head.ts';
import type { Outbox } from '#core/version-set/outbox.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import { pageEntry, type PageEntryPorts } from './page-entry.ts';

export type CarryOutPorts = PageEntryPorts & {
  readonly outbox: Outbox;
  readonly evidence: Pick<ReleaseEvidence, 'quarantine'>;
  readonly promotions: Pick<PromotionStore, 'end'>;
  readonly log: Log;
};

/** Entries that are read at once, and at most so often before somebody asks again. */
const chunk = 100;
const maxChunks = 50;

/**
 * Carries out what follows the transitions of a set, in their order: the one place that quarantines, ends promotions and tells people
 * about them. Each effect may be repeated, and an entry is settled after its last one, so a crash anywhere is repaired by the next
 * call. @returns the number of entries that were settled
 */
export const carryOut =
  (ports: CarryOutPorts) =>
  async (service: ServiceName, set: SetName): Promise<number> => {
    let settled = 0;
    for (let round = 0; round < maxChunks; round += 1) {
      const entries = await ports.outbox.pending(service, set, chunk);
      await carryOutEntries(ports, { service, set }, entries);
      settled += entries.length;
      if (entries.length < chunk) break;
    }
    return settled;
  };

type Where = { readonly service: ServiceName; readonly set: SetName };

/** Records first, for all that waits: a topic that takes no page must not leave a release unbarred. Then the pages. */
const carryOutEntries = async (ports: CarryOutPorts, where: Where, entries: readonly HistoryEntry[]): Promise<void> => {
  const { service, set } = where;
  for (const entry of entries) for (const consequence of entry.follows ?? []) await record(ports, entry, consequence);
  for (const entry of entries) {
    if (entry.follows === undefined) continue;
    for (const consequence of entry.follows) await pageEntry(ports)({ ...where, entry, consequence });
    await ports.outbox.settle(service, set, entry.revision);
    ports.log.info('carried-out', { ...where, revision: entry.revision, follows: kindsOf(entry.follows) });
  }
  const last = entries.at(-1);
  if (last !== undefined && last.follows === undefined) await ports.outbox.settle(service, set, last.revision);
};

/** Who, when and why are the entry's own, so that carrying it out again says the same. */
const record = async (
  { evidence, promotions }: CarryOutPorts,
  { at, by, reason }: HistoryEntry,
  consequence: Consequence,
): Promise<void> => {
  if (consequence.kind === 'quarantine') {
    const { release, promotionId } = consequence;
    await evidence.quarantine(release, { reason, at, by, ...(promotionId !== undefined && { promotionId }) });
  }
  if (consequence.kind === 'end-promotion')
    await promotions.end(consequence.promotionId, { outcome: consequence.outcome, reason, by, endedAt: at });
};

const kindsOf = (follows: readonly Consequence[]): readonly string[] => follows.map(({ kind }) => kind);
