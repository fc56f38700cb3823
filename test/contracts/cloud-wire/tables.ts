import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ResourceNotFoundException,
  ScanCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Target, clientSettings, uniqueName } from './target.ts';

const key = (pk: string, sk = 'RECORD') => ({ pk: { S: pk }, sk: { S: sk } });

/** What our stores rely on of DynamoDB. */
export const tablesContract = (target: Target): void => {
  describe('DynamoDB', () => {
    const table = uniqueName('wire');
    let dynamodb: DynamoDBClient;

    beforeAll(async () => {
      dynamodb = new DynamoDBClient(clientSettings(target));
      await dynamodb.send(
        new CreateTableCommand({
          TableName: table,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: ['pk', 'sk', 'host', 'startedAt'].map((AttributeName) => ({
            AttributeName,
            AttributeType: 'S' as const,
          })),
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          GlobalSecondaryIndexes: [
            {
              IndexName: 'openByHost',
              KeySchema: [
                { AttributeName: 'host', KeyType: 'HASH' },
                { AttributeName: 'startedAt', KeyType: 'RANGE' },
              ],
              Projection: { ProjectionType: 'ALL' },
            },
          ],
        }),
      );
      await waitUntilTableExists({ client: dynamodb, minDelay: 1, maxWaitTime: 30 }, { TableName: table });
    });

    test('puts an item once under attribute_not_exists and hands back the one that is there', async () => {
      const put = {
        TableName: table,
        Item: { ...key('once'), n: { N: '1' } },
        ConditionExpression: 'attribute_not_exists(pk)',
      };
      await dynamodb.send(new PutItemCommand(put));
      const failure: unknown = await dynamodb
        .send(new PutItemCommand({ ...put, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }))
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ConditionalCheckFailedException);
      expect((failure as ConditionalCheckFailedException).Item).toEqual({ ...key('once'), n: { N: '1' } });
    });

    test('moves a revision by one conditional update and refuses a stale one', async () => {
      await dynamodb.send(
        new PutItemCommand({
          TableName: table,
          Item: { ...key('head'), revision: { N: '1' }, head: { M: { stable: { S: 'a' } } } },
        }),
      );
      const move = (revision: number) =>
        dynamodb.send(
          new UpdateItemCommand({
            TableName: table,
            Key: key('head'),
            UpdateExpression: 'SET #r = :next, head.stable = :s REMOVE head.candidate',
            ConditionExpression: '#r = :seen',
            ExpressionAttributeNames: { '#r': 'revision' },
            ExpressionAttributeValues: {
              ':seen': { N: String(revision) },
              ':next': { N: String(revision + 1) },
              ':s': { S: `b${revision}` },
            },
            ReturnValues: 'ALL_NEW',
          }),
        );
      expect((await move(1)).Attributes).toEqual({
        ...key('head'),
        revision: { N: '2' },
        head: { M: { stable: { S: 'b1' } } },
      });
      await expect(move(1)).rejects.toBeInstanceOf(ConditionalCheckFailedException);
    });

    test('lets exactly one of many writers of a revision win', async () => {
      await dynamodb.send(new PutItemCommand({ TableName: table, Item: { ...key('race'), revision: { N: '0' } } }));
      const results = await Promise.allSettled(
        Array.from({ length: 16 }, () =>
          dynamodb.send(
            new UpdateItemCommand({
              TableName: table,
              Key: key('race'),
              UpdateExpression: 'SET revision = :one',
              ConditionExpression: 'revision = :zero',
              ExpressionAttributeValues: { ':zero': { N: '0' }, ':one': { N: '1' } },
            }),
          ),
        ),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    test('queries by prefix, backwards and in pages', async () => {
      for (let n = 1; n <= 5; n += 1)
        await dynamodb.send(new PutItemCommand({ TableName: table, Item: key('set', `REV#${n}`) }));
      const query = {
        TableName: table,
        KeyConditionExpression: 'pk = :p AND begins_with(sk, :r)',
        ExpressionAttributeValues: { ':p': { S: 'set' }, ':r': { S: 'REV#' } },
        ScanIndexForward: false,
        Limit: 3,
      };
      const first = await dynamodb.send(new QueryCommand(query));
      expect(first.Items?.map(({ sk }) => sk?.S)).toEqual(['REV#5', 'REV#4', 'REV#3']);
      const second = await dynamodb.send(new QueryCommand({ ...query, ExclusiveStartKey: first.LastEvaluatedKey }));
      expect(second.Items?.map(({ sk }) => sk?.S)).toEqual(['REV#2', 'REV#1']);
      expect(second.LastEvaluatedKey).toBeUndefined();
    });

    test('keeps a sparse index in step with its items', async () => {
      const open = async (): Promise<unknown> =>
        (
          await dynamodb.send(
            new QueryCommand({
              TableName: table,
              IndexName: 'openByHost',
              KeyConditionExpression: 'host = :h',
              ExpressionAttributeValues: { ':h': { S: 'h1' } },
            }),
          )
        ).Count;
      await dynamodb.send(
        new PutItemCommand({
          TableName: table,
          Item: { ...key('session'), host: { S: 'h1' }, startedAt: { S: '2026' } },
        }),
      );
      expect(await open()).toBe(1);
      await dynamodb.send(
        new UpdateItemCommand({ TableName: table, Key: key('session'), UpdateExpression: 'REMOVE host' }),
      );
      expect(await open()).toBe(0);
    });

    test('reads and writes batches', async () => {
      await dynamodb.send(
        new BatchWriteItemCommand({
          RequestItems: { [table]: [{ PutRequest: { Item: key('b1') } }, { PutRequest: { Item: key('b2') } }] },
        }),
      );
      const { Responses: responses } = await dynamodb.send(
        new BatchGetItemCommand({
          RequestItems: { [table]: { Keys: [key('b1'), key('b2'), key('b3')], ConsistentRead: true } },
        }),
      );
      expect(responses?.[table]?.map(({ pk }) => pk?.S).sort()).toEqual(['b1', 'b2']);
    });

    test('answers old values on delete, and nothing for what is not there', async () => {
      await dynamodb.send(new PutItemCommand({ TableName: table, Item: { ...key('gone'), n: { N: '7' } } }));
      expect(
        (await dynamodb.send(new DeleteItemCommand({ TableName: table, Key: key('gone'), ReturnValues: 'ALL_OLD' })))
          .Attributes?.['n'],
      ).toEqual({ N: '7' });
      expect(
        (await dynamodb.send(new GetItemCommand({ TableName: table, Key: key('gone'), ConsistentRead: true }))).Item,
      ).toBeUndefined();
    });

    test('filters a scan', async () => {
      const found = await dynamodb.send(
        new ScanCommand({
          TableName: table,
          FilterExpression: 'n = :n',
          ExpressionAttributeValues: { ':n': { N: '1' } },
        }),
      );
      expect(found.Items?.map(({ pk }) => pk?.S)).toEqual(['once']);
    });

    test('remembers the time to live', async () => {
      await dynamodb.send(
        new UpdateTimeToLiveCommand({
          TableName: table,
          TimeToLiveSpecification: { Enabled: true, AttributeName: 'expiresAt' },
        }),
      );
      expect(
        (await dynamodb.send(new DescribeTimeToLiveCommand({ TableName: table }))).TimeToLiveDescription,
      ).toMatchObject({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' });
    });

    test('names a table that is not there', async () => {
      await expect(
        dynamodb.send(new GetItemCommand({ TableName: 'no-such-table', Key: key('a') })),
      ).rejects.toBeInstanceOf(ResourceNotFoundException);
    });
  });
};
