import { GetCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { timestampOf } from '#core/clock.ts';
import {
  type SessionRecord,
  type SessionResult,
  stampedRecord,
  stampedResult,
  storedSession,
  storedSessionResult,
} from '#core/session/session-record.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import { putOnce, queryItems, recordIn, type Table, updateIf } from './dynamodb.ts';

/** Records are the ground of every verdict, so they outlive the longest question about one. */
const retentionDays = 400;
const secondsPerDay = 86_400;

const recordKey = (sessionId: string) => ({ pk: `SESSION#${sessionId}`, sk: 'RECORD' });

export const sessionStore = (sessions: Table): SessionStore => ({
  open: (record) => openSession(sessions, record),
  close: (sessionId, result) => closeSession(sessions, sessionId, result),
  vouch: (sessionId, aliveUntil) => vouch(sessions, sessionId, aliveUntil),
  get: (sessionId) => getSession(sessions, sessionId),
  listByService: (service, set, range) => listByService(sessions, service, set, range),
  openByHost: (hostId, limit = 1_000) => openByHost(sessions, hostId, limit),
  claimFirstCall: (promotionId, callerHash, sessionId) => claimFirstCall(sessions, promotionId, callerHash, sessionId),
  use: (ticketId, expiresAt) =>
    putOnce(sessions, {
      pk: `TICKET#${ticketId}`,
      sk: 'USED',
      // A day longer than the ticket is valid: deletion by TTL may come early only if clocks differ that much.
      expiresAt: Math.ceil(expiresAt.getTime() / 1000) + secondsPerDay,
    }),
});

/**
 * Reads a session item, from the table or from its stream.
 * @throws LastgoodError `internal` when it is not a session record
 */
export const parseSessionItem = (item: Readonly<Record<string, unknown>>): SessionRecord =>
  storedSession.read(recordIn(item, keyFields), `the stored session ${String(item['pk'])}`);

/** What the table needs beside the record. */
const keyFields = ['gsi1pk', 'gsi1sk', 'changedAt', 'openHostId', 'startedAt', 'expiresAt'];

const openSession = async (sessions: Table, record: SessionRecord): Promise<boolean> => {
  const { sessionId, service, set, startedAt } = record.assignment;
  const stamped = stampedRecord(record, sessions.clock);
  const item = {
    ...recordKey(sessionId),
    ...storedSession.write(stamped, `the record of session ${sessionId}`),
    gsi1pk: `${service}#${set}`,
    gsi1sk: `${startedAt}#${sessionId}`,
    startedAt,
    expiresAt: Math.floor(Date.parse(startedAt) / 1000) + retentionDays * secondsPerDay,
    changedAt: stamped.result?.recordedAt ?? stamped.openedAt,
    // Sparse: only open sessions are in the index of their host.
    ...(record.result === undefined && { openHostId: record.hostId }),
  };
  if (await putOnce(sessions, item)) return true;
  return (await getSession(sessions, sessionId))?.hostId === record.hostId;
};

const closeSession = async (sessions: Table, sessionId: string, result: SessionResult): Promise<void> => {
  const stamped = stampedResult(result, sessions.clock);
  await changeOpen(sessions, sessionId, {
    UpdateExpression: 'SET #result = :result, changedAt = :at REMOVE openHostId',
    ExpressionAttributeValues: {
      ':result': storedSessionResult.write(stamped, `the result of session ${sessionId}`),
      ':at': stamped.recordedAt,
    },
  });
};

const vouch = (sessions: Table, sessionId: string, aliveUntil: Date): Promise<void> =>
  changeOpen(sessions, sessionId, {
    UpdateExpression: 'SET aliveUntil = :until, changedAt = :at',
    ExpressionAttributeValues: { ':until': aliveUntil.toISOString(), ':at': timestampOf(sessions.clock.now()) },
  });

/** Changes a session that was opened and has no result yet; any other one stays as it is. */
const changeOpen = async (
  sessions: Table,
  sessionId: string,
  change: Pick<UpdateCommandInput, 'UpdateExpression' | 'ExpressionAttributeValues'>,
): Promise<void> => {
  await updateIf(sessions, {
    Key: recordKey(sessionId),
    ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(#result)',
    ExpressionAttributeNames: { '#result': 'result' },
    ...change,
  });
};

const getSession = async ({ documents, name }: Table, sessionId: string): Promise<SessionRecord | undefined> => {
  const { Item } = await documents.send(
    new GetCommand({ TableName: name, Key: recordKey(sessionId), ConsistentRead: true }),
  );
  return Item && parseSessionItem(Item);
};

async function* listByService(
  sessions: Table,
  service: string,
  set: string,
  { from, to }: { readonly from: Date; readonly to?: Date },
): AsyncGenerator<SessionRecord> {
  const items = queryItems(sessions, {
    IndexName: 'byService',
    KeyConditionExpression: 'gsi1pk = :service AND gsi1sk BETWEEN :from AND :to',
    ExpressionAttributeValues: {
      ':service': `${service}#${set}`,
      ':from': from.toISOString(),
      // Keys go on with `#<session id>`, so the bare time sorts before every session that started at it.
      ':to': to?.toISOString() ?? '9999',
    },
  });
  for await (const item of items) yield parseSessionItem(item);
}

const openByHost = async (sessions: Table, hostId: string, limit: number): Promise<readonly SessionRecord[]> => {
  const found: SessionRecord[] = [];
  const items = queryItems(
    sessions,
    {
      IndexName: 'openByHost',
      KeyConditionExpression: 'openHostId = :host',
      ExpressionAttributeValues: { ':host': hostId },
    },
    { items: limit },
  );
  for await (const item of items) found.push(parseSessionItem(item));
  return found;
};

const claimFirstCall = async (
  sessions: Table,
  promotionId: string,
  callerHash: string,
  sessionId: string,
): Promise<boolean> => {
  const key = { pk: `CALLER#${promotionId}#${callerHash}`, sk: 'FIRST' };
  const expiresAt = Math.floor(sessions.clock.now() / 1000) + retentionDays * secondsPerDay;
  if (await putOnce(sessions, { ...key, sessionId, expiresAt })) return true;
  const { Item } = await sessions.documents.send(
    new GetCommand({ TableName: sessions.name, Key: key, ConsistentRead: true }),
  );
  return Item?.['sessionId'] === sessionId;
};
