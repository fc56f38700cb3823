import { LastgoodError } from '../errors.ts';
import type { ReleaseId } from '../words/digest.ts';
import type { ServiceName, SetName } from '../words/names.ts';
import type { HeadItems } from './head-items.ts';
import type { HistoryEntry } from './head.ts';

/** The history entries of a set as a list of what must still be done because of them. */
export interface Outbox {
  /**
   * The oldest entries that nobody has settled, oldest first, also those that nothing follows.
   * @param limit at most so many
   * @throws LastgoodError `internal` when an entry is missing: history has no gap (invariant 4)
   */
  readonly pending: (service: ServiceName, set: SetName, limit: number) => Promise<readonly HistoryEntry[]>;
  /** What follows the entries up to `revision` has been carried out. It never goes back. */
  readonly settle: (service: ServiceName, set: SetName, revision: number) => Promise<void>;
}

export const outboxOver = (items: Pick<HeadItems, 'read' | 'archived' | 'settled' | 'settle'>): Outbox => ({
  pending: async (service, set, limit) => {
    // The mark first: what is settled in between is told once more, and nothing is told too early as settled.
    const settled = await items.settled(service, set);
    const head = await items.read(service, set);
    if (head === undefined || head.revision <= settled) return [];
    const newest = Math.min(settled + limit, head.revision - 1);
    const entries = await archivedUpTo(items, { service, set, newest, count: newest - settled });
    return entries.length < limit ? [...entries, head.lastTransition] : entries;
  },
  settle: (service, set, revision) => items.settle(service, set, revision),
});

interface Stretch {
  readonly service: ServiceName;
  readonly set: SetName;
  /** Its newest revision. */
  readonly newest: number;
  readonly count: number;
}

/** Oldest first. */
const archivedUpTo = async (
  items: Pick<HeadItems, 'archived'>,
  { service, set, newest, count }: Stretch,
): Promise<readonly HistoryEntry[]> => {
  const entries: HistoryEntry[] = [];
  if (count < 1) return entries;
  for await (const entry of items.archived(service, set, newest, count)) entries.push(entry);
  entries.reverse();
  if (entries.length === count && entries[0]?.revision === newest - count + 1) return entries;
  throw new LastgoodError(
    'internal',
    `the history of ${service}/${set} lacks a revision between ${newest - count + 1} and ${newest}; restore the registry table from its backup`,
  );
};

/** A consumer that is so far behind says nothing about what is barred, so then everything counts as barred. */
const mostPending = 500;

/**
 * True while a transition of any set of the service bars `release` and that has not been carried out: between the two nobody may
 * bring it before callers again.
 */
export const isBeingBarred = async (items: HeadItems, service: ServiceName, release: ReleaseId): Promise<boolean> => {
  const outbox = outboxOver(items);
  const heads = await items.list(service);
  const lists = await Promise.all(heads.map(({ set }) => outbox.pending(service, set, mostPending)));
  return lists.some((entries) => entries.length >= mostPending || entries.some((entry) => bars(entry, release)));
};

const bars = ({ follows = [] }: HistoryEntry, release: ReleaseId): boolean =>
  follows.some((one) => one.kind === 'quarantine' && one.release === release);
