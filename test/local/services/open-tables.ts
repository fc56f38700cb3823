import { onTestFinished } from 'vitest';
import type { CloudContext } from '#local/context.ts';
import { DynamoDb } from '#local/services/dynamodb/api.ts';
import { scope, testContext } from '../test-context.ts';

const table = {
  TableName: 'sessions',
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: ['pk', 'sk', 'host'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'openByHost',
      KeySchema: [{ AttributeName: 'host', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
};

export const key = (id: string) => ({ pk: { S: id }, sk: { S: 'RECORD' } });

export const open = async (context: CloudContext) => {
  const dynamodb = new DynamoDb(context);
  let closed = false;
  const close = async (): Promise<void> => {
    if (!closed) await dynamodb.close();
    closed = true;
  };
  onTestFinished(close);
  const call = async (action: string, input: object): Promise<Record<string, unknown>> =>
    (await dynamodb.api.operations[action]?.(scope, input)) as Record<string, unknown>;
  return { dynamodb, call, close };
};

export const openWithTable = async (context: CloudContext = testContext()) => {
  const opened = await open(context);
  await opened.call('CreateTable', table);
  return opened;
};

export const put = (id: string, more: object = {}) => ({ TableName: 'sessions', Item: { ...key(id), ...more } });
