import { randomBytes } from 'node:crypto';
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { connect } from '#aws/connection.ts';
import { type Table, openTable } from '#aws/dynamodb.ts';
import { systemClock } from '#core/clock.ts';

/** A table of its own for heads, in the DynamoDB that AWS_ENDPOINT_URL names. */
export interface HeadTable {
  readonly table: Table;
  readonly stop: () => Promise<void>;
}

export const createHeadTable = async (): Promise<HeadTable> => {
  process.env['AWS_REGION'] ??= 'us-east-1';
  process.env['AWS_ACCESS_KEY_ID'] ??= '000000000000';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
  const connection = connect({ clock: systemClock, random: Math.random });
  const client = connection.client(DynamoDBClient);
  const TableName = `lastgood-bench-${randomBytes(4).toString('hex')}`;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 0.05, maxDelay: 1 }, { TableName });
  return {
    table: openTable(connection, TableName),
    stop: async () => {
      await client.send(new DeleteTableCommand({ TableName }));
      connection.close();
    },
  };
};
