import { CallRecord, type CallRecords, type ReadCall, readCall } from '#core/session/call-records.ts';
import { queryItems, type Table } from './dynamodb.ts';

export const callRecords = (sessions: Table): CallRecords => ({
  started: (service, set, from) =>
    // Keys go on with `#<session id>`, so the bare time sorts before every session that started at it.
    listCalls(sessions, { index: 'byService', sortKey: 'gsi1sk', set: `${service}#${set}`, from }),
  changed: (service, set, from) =>
    listCalls(sessions, { index: 'byChange', sortKey: 'changedAt', set: `${service}#${set}`, from }),
});

interface Listing {
  readonly index: string;
  readonly sortKey: string;
  readonly set: string;
  readonly from: Date;
}

async function* listCalls(sessions: Table, { index, sortKey, set, from }: Listing): AsyncGenerator<ReadCall> {
  const items = queryItems(sessions, {
    IndexName: index,
    KeyConditionExpression: 'gsi1pk = :set AND #sortKey >= :from',
    ProjectionExpression: projection.expression,
    ExpressionAttributeNames: { ...projection.names, '#sortKey': sortKey },
    ExpressionAttributeValues: { ':set': set, ':from': from.toISOString() },
  });
  for await (const { gsi1sk, ...record } of items) {
    const [startedAt = '', sessionId = ''] = String(gsi1sk).split('#');
    yield readCall(record, { startedAt, sessionId });
  }
}

/** Paths of every field that a call has. A name may be a reserved word, so each is replaced. */
const projectionOf = (fields: readonly string[]): { expression: string; names: Record<string, string> } => {
  const names: Record<string, string> = {};
  const paths = fields.map((field) =>
    field
      .split('.')
      .map((part) => {
        names[`#${part}`] = part;
        return `#${part}`;
      })
      .join('.'),
  );
  return { expression: paths.join(', '), names };
};

const { assignment, result, ...flat } = CallRecord.unwrap().shape;

const projection = projectionOf([
  'gsi1sk',
  ...Object.keys(flat),
  ...Object.keys(assignment.unwrap().shape).map((field) => `assignment.${field}`),
  ...Object.keys(result.unwrap().unwrap().shape).map((field) => `result.${field}`),
]);
