import { gunzipSync, gzipSync } from 'node:zlib';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { JudgeStateStore } from '#core/canary/judge-state-store.ts';
import { LastgoodError } from '#core/errors.ts';
import { type Table, updateIf } from './dynamodb.ts';

/** An item holds 400 KB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items */
const mostBytes = 390_000;

const stateKey = (comparisonId: string) => ({ pk: `COMPARISON#${comparisonId}`, sk: 'JUDGE' });

/** One compressed item, so that a state is written and replaced as a whole: a hundred kilobytes of JSON are twenty. */
export const judgeStateStore = (registry: Table): JudgeStateStore => ({
  async read(comparisonId) {
    const { Item } = await registry.documents.send(
      new GetCommand({ TableName: registry.name, Key: stateKey(comparisonId), ConsistentRead: true }),
    );
    if (Item === undefined) return undefined;
    return { version: Number(Item['version']), state: unpacked(Item['state']) };
  },
  keep: (comparisonId, state, after) =>
    updateIf(registry, {
      Key: stateKey(comparisonId),
      UpdateExpression: 'SET #version = :next, #state = :state',
      ConditionExpression: after === 0 ? 'attribute_not_exists(pk)' : '#version = :after',
      ExpressionAttributeNames: { '#version': 'version', '#state': 'state' },
      ExpressionAttributeValues: {
        ':next': after + 1,
        ':state': packed(comparisonId, state),
        ...(after > 0 && { ':after': after }),
      },
    }),
});

const packed = (comparisonId: string, state: object): Uint8Array => {
  const bytes = gzipSync(JSON.stringify(state));
  if (bytes.byteLength <= mostBytes) return bytes;
  throw new LastgoodError(
    'invalid-input',
    `the state of comparison ${comparisonId} has ${bytes.byteLength} bytes; ${mostBytes} can be kept. Leave its calls out`,
  );
};

const unpacked = (stored: unknown): unknown => {
  try {
    return stored instanceof Uint8Array ? JSON.parse(gunzipSync(stored).toString('utf8')) : undefined;
  } catch {
    return undefined;
  }
};
