import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { parseOrThrow } from '#core/parse.ts';
import type { HeadItems } from '#core/version-set/head-items.ts';
import { type Head, type HistoryEntry, storedHead, storedHistoryEntry } from '#core/version-set/head.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import { putOnce, queryItems, type Table, updateIf } from './dynamodb.ts';
import { headKey, outboxKey, revisionKey } from './head-keys.ts';
import { releaseStanding } from './release-registry.ts';

/** How far the outbox of a set has been carried out. */
const Mark = z.object({ revision: z.int().positive() });

/** Most version sets of a service that are listed. */
const maxSets = 200;

export const headItems = (registry: Table): HeadItems => ({
  read: (service, set) => readHead(registry, service, set),
  list: (service) => listHeads(registry, service),
  standing: (release) => releaseStanding(registry, release),
  archive: async ({ service, set, revision, lastTransition }) => {
    await putOnce(registry, { ...revisionKey(service, set, revision), entry: lastTransition });
  },
  archived: (service, set, newest, limit) => archived(registry, service, set, newest, limit),
  replace: (from, to) => replace(registry, from, to),
  settled: (service, set) => readMark(registry, service, set),
  settle: async (service, set, revision) => {
    await updateIf(registry, {
      Key: outboxKey(service, set),
      UpdateExpression: 'SET revision = :revision',
      ConditionExpression: 'attribute_not_exists(pk) OR revision < :revision',
      ExpressionAttributeValues: { ':revision': revision },
    });
  },
  renew: ({ service, set, revision, candidate }) =>
    updateIf(registry, {
      Key: headKey(service, set),
      UpdateExpression: 'SET head.candidate.exposureUntil = :until',
      ConditionExpression:
        'revision = :revision AND head.candidate.promotionId = :promotion AND head.candidate.exposureUntil < :until',
      ExpressionAttributeValues: {
        ':until': candidate?.exposureUntil,
        ':revision': revision,
        ':promotion': candidate?.promotionId,
      },
    }),
});

const readItem = async ({ documents, name }: Table, service: ServiceName, set: SetName) =>
  (await documents.send(new GetCommand({ TableName: name, Key: headKey(service, set), ConsistentRead: true }))).Item;

const readHead = async (registry: Table, service: ServiceName, set: SetName): Promise<Head | undefined> => {
  const item = await readItem(registry, service, set);
  return item && storedHead.read(item['head'], `the stored head of ${service}/${set}`);
};

const readMark = async ({ documents, name }: Table, service: ServiceName, set: SetName): Promise<number> => {
  const { Item } = await documents.send(
    new GetCommand({ TableName: name, Key: outboxKey(service, set), ConsistentRead: true }),
  );
  return Item === undefined
    ? 0
    : parseOrThrow(Mark, Item, `the mark of the outbox of ${service}/${set}`, 'internal').revision;
};

const replace = async (registry: Table, from: Head | undefined, to: Head): Promise<boolean> => {
  const writeId = `${registry.random()} ${registry.random()}`;
  const isWritten = await updateIf(registry, {
    Key: headKey(to.service, to.set),
    UpdateExpression: 'SET head = :head, revision = :next, writeId = :writeId',
    ConditionExpression: from ? 'revision = :from' : 'attribute_not_exists(pk)',
    ExpressionAttributeValues: {
      ':head': to,
      ':next': to.revision,
      ':writeId': writeId,
      ...(from && { ':from': from.revision }),
    },
  });
  if (isWritten) return true;
  // An answer that got lost makes the SDK write again, and then the condition fails on our own write.
  return (await readItem(registry, to.service, to.set))?.['writeId'] === writeId;
};

async function* archived(
  registry: Table,
  service: ServiceName,
  set: SetName,
  newest: number,
  limit: number,
): AsyncGenerator<HistoryEntry> {
  const { pk, sk } = revisionKey(service, set, newest);
  const items = queryItems(
    registry,
    {
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :oldest AND :newest',
      ExpressionAttributeValues: { ':pk': pk, ':oldest': revisionKey(service, set, 1).sk, ':newest': sk },
      ScanIndexForward: false,
      ConsistentRead: true,
    },
    { items: limit },
  );
  for await (const item of items) yield storedHistoryEntry.read(item['entry'], `a history entry of ${service}/${set}`);
}

/** Skips from set to set over their histories, which share the key prefix. */
const listHeads = async (registry: Table, service: ServiceName): Promise<readonly Head[]> => {
  const heads: Head[] = [];
  let after = 'SET#';
  while (heads.length < maxSets) {
    const next = queryItems(
      registry,
      {
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :after AND :end',
        ExpressionAttributeValues: { ':pk': headKey(service, '').pk, ':after': after, ':end': 'SET#~' },
        ConsistentRead: true,
      },
      { items: 1 },
    );
    const { value: item, done } = await next.next();
    if (done) break;
    const head = storedHead.read(item['head'], `a stored head of ${service}`);
    heads.push(head);
    after = revisionKey(service, head.set, 9_999_999_999).sk;
  }
  return heads;
};
