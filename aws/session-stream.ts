import { unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import type { Log } from '#core/log.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import { parseSessionItem } from './session-store.ts';

/** An event of the sessions table's stream, as Lambda delivers it; images stay as DynamoDB writes them. */
export const SessionStreamEvent = z.object({
  Records: z.array(
    z.object({
      eventID: z.string().default(''),
      eventName: z.string().optional(),
      dynamodb: z.object({
        SequenceNumber: z.string().optional(),
        NewImage: z.record(z.string(), z.unknown()).optional(),
      }),
    }),
  ),
});
export type SessionStreamEvent = z.infer<typeof SessionStreamEvent>;
export type SessionStreamRecord = SessionStreamEvent['Records'][number];

/**
 * The session that a change is about; `undefined` for deletions and for the other items of the table (tickets, first calls).
 * @throws LastgoodError `internal` for a session item that is not a session record
 */
const sessionOfChange = ({ dynamodb }: SessionStreamRecord): SessionRecord | undefined => {
  if (dynamodb.NewImage === undefined) return undefined;
  const item = unmarshall(dynamodb.NewImage as Parameters<typeof unmarshall>[0]);
  return String(item['pk']).startsWith('SESSION#') ? parseSessionItem(item) : undefined;
};

/** The sessions of a batch. A record that cannot be read is logged, once: bringing it again would hold back those behind it. */
export const sessionsOfChanges = (records: readonly SessionStreamRecord[], log: Log): readonly SessionRecord[] =>
  records.flatMap((record) => {
    try {
      return sessionOfChange(record) ?? [];
    } catch (error) {
      log.error('record-unreadable', {
        event_id: record.eventID,
        error: error instanceof Error ? error : String(error),
      });
      return [];
    }
  });
