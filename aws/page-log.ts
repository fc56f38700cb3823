import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { timestampOf } from '#core/clock.ts';
import type { PageLog } from '#core/promotion/pager.ts';
import { putOnce, type Table } from './dynamodb.ts';

const keyOf = (subject: string, kind: string) => ({ pk: `PAGE#${subject}`, sk: kind });

export const pageLog = (registry: Table): PageLog => ({
  wasSent: async (subject, kind) => {
    const { Item } = await registry.documents.send(
      new GetCommand({ TableName: registry.name, Key: keyOf(subject, kind), ConsistentRead: true }),
    );
    return Item !== undefined;
  },
  markSent: async (subject, kind) => {
    await putOnce(registry, { ...keyOf(subject, kind), sentAt: timestampOf(registry.clock.now()) });
  },
});
