import { LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';
import { HistoryEntry } from '#core/version-set/head.ts';
import type { History } from '#core/version-set/history.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import { queryItems, type Table } from './dynamodb.ts';
import { revisionKey } from './head-keys.ts';
import { headStore } from './head-store.ts';

/** Most entries that one question reads. */
const maxEntries = 100_000;

export const history = (registry: Table): History => ({
  list: async (service, set, limit = 100) => {
    const found: HistoryEntry[] = [];
    for await (const entry of newestFirst(registry, service, set, limit)) found.push(entry);
    return found;
  },
  at: async (service, set, moment) => {
    const until = moment.toISOString();
    for await (const entry of newestFirst(registry, service, set, maxEntries)) if (entry.at <= until) return entry;
    return undefined;
  },
});

async function* newestFirst(
  registry: Table,
  service: ServiceName,
  set: SetName,
  limit: number,
): AsyncGenerator<HistoryEntry> {
  const head = await headStore(registry).read(service, set);
  if (head === undefined || limit < 1) return;
  yield head.lastTransition;
  if (limit < 2 || head.revision < 2) return;
  const { pk, sk: newest } = revisionKey(service, set, head.revision - 1);
  const items = queryItems(
    registry,
    {
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :oldest AND :newest',
      ExpressionAttributeValues: { ':pk': pk, ':oldest': revisionKey(service, set, 1).sk, ':newest': newest },
      ScanIndexForward: false,
      ConsistentRead: true,
    },
    { items: limit - 1 },
  );
  let expected = head.revision - 1;
  for await (const item of items) {
    const entry = parseOrThrow(HistoryEntry, item['entry'], `a history entry of ${service}/${set}`, 'internal');
    if (entry.revision !== expected) throw gapError(service, set, expected);
    yield entry;
    expected -= 1;
  }
  if (expected > 0 && head.revision - 1 - expected < limit - 1) throw gapError(service, set, expected);
}

const gapError = (service: string, set: string, revision: number): LastgoodError =>
  new LastgoodError(
    'internal',
    `the history of ${service}/${set} lacks revision ${revision}; restore the registry table from its backup`,
  );
