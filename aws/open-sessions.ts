import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { OpenSessions } from '#core/session/open-sessions.ts';
import type { Table } from './dynamodb.ts';
import { parseSessionItem } from './session-store.ts';

export const openSessions = ({ documents, name }: Table): OpenSessions => ({
  async *list(limit) {
    let left = limit;
    let start: Record<string, unknown> | undefined;
    do {
      const page = await documents.send(
        new ScanCommand({
          TableName: name,
          IndexName: 'openByHost',
          Limit: left,
          ...(start && { ExclusiveStartKey: start }),
        }),
      );
      for (const item of page.Items ?? []) yield parseSessionItem(item);
      left -= page.Items?.length ?? 0;
      start = page.LastEvaluatedKey;
    } while (start !== undefined && left > 0);
  },
});
