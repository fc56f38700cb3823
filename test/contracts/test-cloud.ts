import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import type { Server } from 'node:http';
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { type Connection, connect } from '#aws/connection.ts';
import { systemClock } from '#core/clock.ts';
import { type Table, openTable } from '#aws/dynamodb.ts';

const dynalite = createRequire(import.meta.url)('dynalite') as (options: { createTableMs: number }) => Server;

/** A DynamoDB with one table, the indexes of the sessions table included. */
export interface TestCloud {
  readonly connection: Connection;
  readonly table: Table;
  readonly stop: () => Promise<void>;
}

/**
 * The implementation that AWS_ENDPOINT_URL names, if any; otherwise dynalite on a free port. Reaches it as production
 * code does: by the SDK and its environment.
 */
export const startTestCloud = async (): Promise<TestCloud> => {
  process.env['AWS_REGION'] ??= 'us-east-1';
  process.env['AWS_ACCESS_KEY_ID'] ??= '000000000000';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
  const server = process.env['AWS_ENDPOINT_URL'] === undefined ? await startDynalite() : undefined;
  const connection = connect({ clock: systemClock, random: Math.random });
  const name = `lastgood-contract-${randomBytes(4).toString('hex')}`;
  await createTable(connection.client(DynamoDBClient), name);
  return {
    connection,
    table: openTable(connection, name),
    stop: async () => {
      await connection.client(DynamoDBClient).send(new DeleteTableCommand({ TableName: name }));
      connection.close();
      if (server === undefined) return;
      delete process.env['AWS_ENDPOINT_URL'];
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const startDynalite = async (): Promise<Server> => {
  const server = dynalite({ createTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return server;
};

/** Keys and indexes as the stateful stack declares them. */
const createTable = async (client: DynamoDBClient, TableName: string): Promise<void> => {
  const names = ['pk', 'sk', 'gsi1pk', 'gsi1sk', 'openHostId', 'startedAt'];
  const index = (IndexName: string, hash: string, range: string) => ({
    IndexName,
    KeySchema: [
      { AttributeName: hash, KeyType: 'HASH' as const },
      { AttributeName: range, KeyType: 'RANGE' as const },
    ],
    Projection: { ProjectionType: 'ALL' as const },
  });
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [index('byService', 'gsi1pk', 'gsi1sk'), index('openByHost', 'openHostId', 'startedAt')],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 0.05, maxDelay: 1 }, { TableName });
};
