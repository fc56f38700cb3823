import { randomUUID } from 'node:crypto';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { parseOrThrow } from '#core/parse.ts';
import type { HeadItems } from '#core/version-set/head-items.ts';
import { Head } from '#core/version-set/head.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import { putOnce, queryItems, type Table, updateIf } from './dynamodb.ts';
import { headKey, revisionKey } from './head-keys.ts';
import { releaseStanding } from './release-registry.ts';

export const headItems = (registry: Table): HeadItems => ({
  read: (service, set) => readHead(registry, service, set),
  list: (service) => listHeads(registry, service),
  standing: (release) => releaseStanding(registry, release),
  archive: async ({ service, set, revision, lastTransition }) => {
    await putOnce(registry, { ...revisionKey(service, set, revision), entry: lastTransition });
  },
  replace: (from, to) => replace(registry, from, to),
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
  return item && parseOrThrow(Head, item['head'], `the stored head of ${service}/${set}`, 'internal');
};

const replace = async (registry: Table, from: Head | undefined, to: Head): Promise<boolean> => {
  const writeId = randomUUID();
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

/** Skips from set to set over their histories, which share the key prefix. */
const listHeads = async (registry: Table, service: ServiceName): Promise<readonly Head[]> => {
  const heads: Head[] = [];
  let after = 'SET#';
  while (heads.length < 200) {
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
    const head = parseOrThrow(Head, item['head'], `a stored head of ${service}`, 'internal');
    heads.push(head);
    after = revisionKey(service, head.set, 9_999_999_999).sk;
  }
  return heads;
};
