import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { timestampOf } from '#core/clock.ts';
import { parseOrThrow } from '#core/parse.ts';
import { episodeExpiresAt, type PageLog } from '#core/promotion/pager.ts';
import { Timestamp } from '#core/words/time.ts';
import { putOnce, type Table, updateIf } from './dynamodb.ts';

const keyOf = (subject: string, kind: string) => ({ pk: `PAGE#${subject}`, sk: kind });
const episodeKey = (subject: string, kind: string) => ({ pk: `PAGE#${subject}`, sk: `EPISODE#${kind}` });

/** The latest episode. `expiresAt` is the table's time to live, too; DynamoDB deletes up to two days late. */
const Episode = z.object({ since: Timestamp, expiresAt: z.number(), closedAt: Timestamp.optional() });

export const pageLog = (registry: Table): PageLog => ({
  wasSent: async (subject, kind) => (await readItem(registry, keyOf(subject, kind))) !== undefined,
  markSent: async (subject, kind) => {
    await putOnce(registry, { ...keyOf(subject, kind), sentAt: timestampOf(registry.clock.now()) });
  },
  openSince: async (subject, kind) => {
    const item = await readItem(registry, episodeKey(subject, kind));
    if (item === undefined) return undefined;
    const { since, expiresAt, closedAt } = parseOrThrow(Episode, item, `the episode of ${subject}`, 'internal');
    return closedAt === undefined && expiresAt * 1_000 > registry.clock.now() ? since : undefined;
  },
  open: async (subject, kind, since) => {
    await updateIf(registry, {
      Key: episodeKey(subject, kind),
      UpdateExpression: 'SET since = :since, expiresAt = :until REMOVE closedAt',
      ConditionExpression: 'attribute_not_exists(pk) OR attribute_exists(closedAt) OR expiresAt <= :now',
      ExpressionAttributeValues: {
        ':since': since,
        ':until': episodeExpiresAt(since),
        ':now': Math.floor(registry.clock.now() / 1_000),
      },
    });
  },
  close: async (subject, kind, since) => {
    await updateIf(registry, {
      Key: episodeKey(subject, kind),
      UpdateExpression: 'SET closedAt = :now',
      ConditionExpression: 'since = :since AND attribute_not_exists(closedAt)',
      ExpressionAttributeValues: { ':since': since, ':now': timestampOf(registry.clock.now()) },
    });
  },
});

const readItem = async ({ documents, name }: Table, Key: ReturnType<typeof keyOf>) =>
  (await documents.send(new GetCommand({ TableName: name, Key, ConsistentRead: true }))).Item;
