import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { LastgoodError } from '#core/errors.ts';
import type { Connection } from './connection.ts';
import { isAwsFailure } from './failure.ts';

/** One table: keys are `pk` and `sk`, both text. Stores take time and randomness from the table that they stand on. */
export interface Table extends Pick<Connection, 'clock' | 'random'> {
  readonly name: string;
  readonly documents: DynamoDBDocumentClient;
}

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

export type Item = Key & Readonly<Record<string, unknown>>;

/** The record that an item holds beside its keys and the table's `own` fields: indexes, time to live. */
export const recordIn = (
  item: Readonly<Record<string, unknown>>,
  own: readonly string[] = [],
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(item).filter(([name]) => name !== 'pk' && name !== 'sk' && !own.includes(name)));

/** Absent optional fields are left out, so an item holds what its schema says and nothing more. */
export const openTable = (connection: Connection, name: string): Table => ({
  name,
  clock: connection.clock,
  random: connection.random,
  documents: DynamoDBDocumentClient.from(connection.client(DynamoDBClient), {
    marshallOptions: { removeUndefinedValues: true },
  }),
});

/** True when a conditional write found its condition false. */
export const isConditionFailed = (error: unknown): boolean => isAwsFailure(error, 'ConditionalCheckFailedException');

/** Writes an item unless its key is taken. @returns false when it is taken */
export const putOnce = async ({ documents, name }: Table, item: Item): Promise<boolean> =>
  unlessConditionFailed(
    documents.send(new PutCommand({ TableName: name, Item: item, ConditionExpression: 'attribute_not_exists(pk)' })),
  );

/** @returns false when the condition did not hold and nothing was written */
export const updateIf = async (
  { documents, name }: Table,
  input: Omit<UpdateCommandInput, 'TableName'> & { readonly ConditionExpression: string },
): Promise<boolean> => unlessConditionFailed(documents.send(new UpdateCommand({ TableName: name, ...input })));

const unlessConditionFailed = async (write: Promise<unknown>): Promise<boolean> => {
  try {
    await write;
    return true;
  } catch (error) {
    if (isConditionFailed(error)) return false;
    throw error;
  }
};

/**
 * Every item of a query, page by page, in key order (or its reverse).
 * @param limits `items`: stop after so many; `pages`: never read more pages than this, each up to 1 MB
 * @throws LastgoodError `internal` when more pages than that are left: an answer that is cut off looks like a whole one
 */
export async function* queryItems(
  { documents, name }: Table,
  input: Omit<QueryCommandInput, 'TableName'>,
  limits: { readonly items?: number; readonly pages?: number } = {},
): AsyncGenerator<Record<string, unknown>> {
  const { items = Number.POSITIVE_INFINITY, pages = 10_000 } = limits;
  let left = items;
  let start: Record<string, unknown> | undefined;
  for (let page = 0; page < pages && left > 0; page += 1) {
    const answer = await documents.send(
      new QueryCommand({
        TableName: name,
        ...input,
        ...(Number.isFinite(left) && input.FilterExpression === undefined && { Limit: left }),
        ...(start && { ExclusiveStartKey: start }),
      }),
    );
    for (const item of answer.Items ?? []) {
      yield item;
      left -= 1;
      if (left <= 0) return;
    }
    start = answer.LastEvaluatedKey;
    if (start === undefined) return;
  }
  if (left <= 0) return;
  throw new LastgoodError(
    'internal',
    `a query of ${name} goes on after ${pages} pages; ask for a shorter range, or give the number of items`,
  );
}

/** Numbers inside keys have ten digits, so that they sort as text. */
export const tenDigits = (value: number): string => String(value).padStart(10, '0');
