import { describe, expect, test } from 'vitest';
import { ManualClock } from '#memory/manual-clock.ts';
import { scope, temporaryFolder, testContext } from '../test-context.ts';
import { key, open, openWithTable, put } from './open-tables.ts';

describe('tables', () => {
  test('return the item on a failed condition when asked to', async () => {
    const { call } = await openWithTable();
    await call('PutItem', put('a', { n: { N: '1' } }));
    const again = { ...put('a'), ConditionExpression: 'attribute_not_exists(pk)' };
    await expect(call('PutItem', { ...again, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })).rejects.toMatchObject({
      code: 'ConditionalCheckFailedException',
      fields: { Item: { ...key('a'), n: { N: '1' } } },
    });
    await expect(call('PutItem', again)).rejects.toMatchObject({ code: 'ConditionalCheckFailedException', fields: {} });
  });

  test('keep indexes in step with items through every kind of write', async () => {
    const { call } = await openWithTable();
    const query = async (host: string): Promise<unknown> =>
      (
        await call('Query', {
          TableName: 'sessions',
          IndexName: 'openByHost',
          KeyConditionExpression: 'host = :h',
          ExpressionAttributeValues: { ':h': { S: host } },
        })
      )['Count'];
    await call('PutItem', put('a', { host: { S: 'h1' } }));
    expect(await query('h1')).toBe(1);
    await call('UpdateItem', {
      TableName: 'sessions',
      Key: key('a'),
      UpdateExpression: 'SET host = :h',
      ExpressionAttributeValues: { ':h': { S: 'h2' } },
    });
    expect([await query('h1'), await query('h2')]).toEqual([0, 1]);
    await call('UpdateItem', { TableName: 'sessions', Key: key('a'), UpdateExpression: 'REMOVE host' });
    expect(await query('h2')).toBe(0);
    await call('BatchWriteItem', {
      RequestItems: { sessions: [{ PutRequest: { Item: { ...key('b'), host: { S: 'h2' } } } }] },
    });
    expect(await query('h2')).toBe(1);
    await call('DeleteItem', { TableName: 'sessions', Key: key('b') });
    expect(await query('h2')).toBe(0);
  });

  test('fill an index that is added later', async () => {
    const { call, dynamodb } = await openWithTable();
    await call('PutItem', put('a', { zone: { S: 'eu' } }));
    await dynamodb.setIndexes(
      scope,
      'sessions',
      [
        {
          IndexName: 'byZone',
          KeySchema: [{ AttributeName: 'zone', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      ['pk', 'sk', 'zone'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
    );
    const answer = await call('Query', {
      TableName: 'sessions',
      IndexName: 'byZone',
      KeyConditionExpression: '#z = :z',
      ExpressionAttributeNames: { '#z': 'zone' },
      ExpressionAttributeValues: { ':z': { S: 'eu' } },
    });
    expect(answer['Count']).toBe(1);
  });

  test('count every one of many concurrent conditional updates of one item', async () => {
    const { call } = await openWithTable();
    await call('PutItem', put('a', { n: { N: '0' } }));
    const update = {
      TableName: 'sessions',
      Key: key('a'),
      UpdateExpression: 'SET n = n + :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
    };
    await Promise.all(Array.from({ length: 50 }, () => call('UpdateItem', update)));
    expect(await call('GetItem', { TableName: 'sessions', Key: key('a') })).toMatchObject({ Item: { n: { N: '50' } } });
  });

  test('survive a restart with their indexes', async () => {
    const folder = temporaryFolder();
    const first = await openWithTable(testContext({ folder, durable: true }));
    await first.call('PutItem', put('a', { host: { S: 'h1' } }));
    await first.close();
    const second = await open(testContext({ folder, durable: true }));
    expect(await second.call('GetItem', { TableName: 'sessions', Key: key('a') })).toMatchObject({ Item: key('a') });
    const answer = await second.call('Query', {
      TableName: 'sessions',
      IndexName: 'openByHost',
      KeyConditionExpression: 'host = :h',
      ExpressionAttributeValues: { ':h': { S: 'h1' } },
    });
    expect(answer['Count']).toBe(1);
  });
});

describe('time to live', () => {
  test('deletes what lies in the past every minute and says so in the stream', async () => {
    const clock = new ManualClock();
    const { call, dynamodb } = await openWithTable(testContext({ clock }));
    await dynamodb.enableStream(scope, 'sessions', 'NEW_AND_OLD_IMAGES');
    await dynamodb.setTimeToLive(scope, 'sessions', 'expiresAt');
    const seconds = clock.now() / 1_000;
    await call('PutItem', put('soon', { expiresAt: { N: String(seconds + 30) } }));
    await call('PutItem', put('later', { expiresAt: { N: String(seconds + 3_600) } }));
    await call('PutItem', put('never'));
    await clock.advance(60_000);
    await expect.poll(async () => (await call('Scan', { TableName: 'sessions' }))['Count']).toBe(2);
    const records = (await dynamodb.streamLog(scope)).read('sessions', 'test', 100);
    expect(records.at(-1)?.record).toMatchObject({
      eventName: 'REMOVE',
      userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
      dynamodb: { Keys: key('soon') },
    });
  });
});
