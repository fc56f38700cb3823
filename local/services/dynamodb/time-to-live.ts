import type { Item } from './dynalite.ts';
import type { TableStore } from './table-store.ts';

const scanLimit = 500;

/** Items further in the past than this are kept, as AWS does: the attribute is likely no time at all. */
const maxAgeSeconds = 5 * 365 * 24 * 3600;

interface ScanAnswer {
  readonly Items: readonly Item[];
  readonly LastEvaluatedKey?: Item;
}

/**
 * Deletes the items of a table whose time-to-live attribute (seconds since the epoch) lies in the past. The delete
 * is conditional on the value read, so an item that was renewed meanwhile stays.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
 */
export const deleteExpired = async (
  store: TableStore,
  options: {
    readonly table: string;
    readonly attribute: string;
    readonly nowMs: number;
    readonly expiring: Set<string>;
  },
): Promise<void> => {
  const nowSeconds = Math.floor(options.nowMs / 1_000);
  const { KeySchema } = await store.describe(options.table);
  let startKey: Item | undefined;
  do {
    const page = (await store.call('scan', {
      TableName: options.table,
      Limit: scanLimit,
      FilterExpression: '#ttl < :now AND #ttl > :oldest',
      ExpressionAttributeNames: { '#ttl': options.attribute },
      ExpressionAttributeValues: {
        ':now': { N: String(nowSeconds) },
        ':oldest': { N: String(nowSeconds - maxAgeSeconds) },
      },
      ...(startKey && { ExclusiveStartKey: startKey }),
    })) as ScanAnswer;
    for (const item of page.Items) {
      await deleteOne(
        store,
        options,
        KeySchema.map((key) => key.AttributeName),
        item,
      );
    }
    startKey = page.LastEvaluatedKey;
  } while (startKey);
};

const deleteOne = async (
  store: TableStore,
  {
    table,
    attribute,
    expiring,
  }: { readonly table: string; readonly attribute: string; readonly expiring: Set<string> },
  keyNames: readonly string[],
  item: Item,
): Promise<void> => {
  const mark = JSON.stringify([table, ...keyNames.map((name) => item[name])]);
  expiring.add(mark);
  try {
    await store.call('deleteItem', {
      TableName: table,
      Key: Object.fromEntries(keyNames.map((name) => [name, item[name]])),
      ConditionExpression: '#ttl = :read',
      ExpressionAttributeNames: { '#ttl': attribute },
      ExpressionAttributeValues: { ':read': item[attribute] },
    });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ConditionalCheckFailedException')) throw error;
  } finally {
    expiring.delete(mark);
  }
};
