import { LastgoodError } from '../errors.ts';
import type { ServiceName, SetName } from '../words/names.ts';
import type { HeadItems } from './head-items.ts';
import type { HistoryEntry } from './head.ts';
import type { History } from './history.ts';

/** Most entries that one question reads. */
const maxEntries = 100_000;

/** History as the head and its archived entries tell it together. */
export const historyOver = (items: Pick<HeadItems, 'read' | 'archived'>): History => ({
  list: async (service, set, limit = 100) => {
    const found: HistoryEntry[] = [];
    for await (const entry of newestFirst(items, service, set, limit)) found.push(entry);
    return found;
  },
  at: async (service, set, moment) => {
    const until = moment.toISOString();
    for await (const entry of newestFirst(items, service, set, maxEntries)) if (entry.at <= until) return entry;
    return undefined;
  },
});

async function* newestFirst(
  items: Pick<HeadItems, 'read' | 'archived'>,
  service: ServiceName,
  set: SetName,
  limit: number,
): AsyncGenerator<HistoryEntry> {
  const head = await items.read(service, set);
  if (head === undefined || limit < 1) return;
  yield head.lastTransition;
  const newest = head.revision - 1;
  if (limit < 2 || newest < 1) return;
  let expected = newest;
  for await (const entry of items.archived(service, set, newest, limit - 1)) {
    if (entry.revision !== expected) throw gapError(service, set, expected);
    yield entry;
    expected -= 1;
  }
  if (expected > 0 && newest - expected < limit - 1) throw gapError(service, set, expected);
}

const gapError = (service: string, set: string, revision: number): LastgoodError =>
  new LastgoodError(
    'internal',
    `the history of ${service}/${set} lacks revision ${revision}; restore the registry table from its backup`,
  );
