import { expect, test } from 'vitest';
import { openWithTable, put } from '../services/open-tables.ts';
import { scope } from '../test-context.ts';
import { refusalTable } from './refusal-table.ts';

const table = {
  TableName: 'sessions',
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
};
const Key = { pk: { S: 'a' } };
const ofTable = { TableName: 'sessions' };
const invalid = 'ValidationException';
const noTable = [{ TableName: 'none' }, 'ResourceNotFoundException', /not found/] as const;
const nameless = [{ TableName: undefined }, invalid, /tableName/i] as const;
const consumed = [{ ReturnConsumedCapacity: 'SOME' }, invalid, /returnConsumedCapacity/i] as const;
const stray = [{ Expected: { a: { Value: { S: 'x' }, Surprise: 1 } } }, invalid, /Surprise/] as const;
const ResourceArn = 'arn:aws:dynamodb:us-east-1:111111111111:table/sessions';
const ttl = (change: object = {}) => ({
  TimeToLiveSpecification: { Enabled: true, AttributeName: 'expiresAt', ...change },
});

refusalTable('DynamoDB', {
  operations: (services) => services.dynamodb.api.operations,
  invalid,
  prepare: async ({ dynamodb: { api } }) => {
    await api.operations['CreateTable']?.(scope, {
      ...table,
      DeletionProtectionEnabled: true,
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    });
    await api.operations['UpdateTimeToLive']?.(scope, { ...ofTable, ...ttl() });
  },
  refused: {
    CreateTable: {
      valid: { ...table, TableName: 'other' },
      wrongType: { KeySchema: 'pk' },
      rows: [
        [{ TableName: 'sessions' }, 'ResourceInUseException', /already exists/],
        [{ TableName: 'with space' }, invalid, /tableName/i],
        [{ KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH', Surprise: 1 }] }, invalid, /Surprise/],
        [{ BillingMode: 'FREE' }, invalid, /billingMode/i],
        [{ StreamSpecification: { StreamEnabled: true } }, invalid, /StreamViewType/],
        [{ StreamSpecification: { StreamEnabled: true, StreamViewType: 'ALL' } }, invalid, /StreamViewType/],
        [{ SSESpecification: { Enabled: true, SSEType: 'AES256' } }, invalid, /SSEType/],
        [{ DeletionProtectionEnabled: 'true' }, 'SerializationException', /DeletionProtection/],
        [{ TableClass: 'COLD' }, invalid, /TableClass/],
        [{ WarmThroughput: {} }, invalid, /WarmThroughput/],
        [{ OnDemandThroughput: {} }, invalid, /OnDemandThroughput/],
        [{ ResourcePolicy: '{}' }, invalid, /ResourcePolicy/],
        [{ Tags: [{ Key: 'a' }] }, invalid, /Tags/],
      ],
    },
    UpdateTable: {
      valid: { ...ofTable, DeletionProtectionEnabled: true },
      wrongType: { DeletionProtectionEnabled: 'false' },
      rows: [
        noTable,
        [{ DeletionProtectionEnabled: undefined }, invalid, /changes nothing/],
        [
          { StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' } },
          invalid,
          /already has an enabled stream/,
        ],
        [{ GlobalSecondaryIndexUpdates: [] }, invalid, /GlobalSecondaryIndexUpdates/],
      ],
    },
    DeleteTable: { valid: ofTable, wrongType: { TableName: 1 }, rows: [[{}, invalid, /protected/], noTable] },
    DescribeTable: { valid: ofTable, wrongType: { TableName: 1 }, rows: [noTable, [{ TableName: 'a' }, invalid, /3/]] },
    DescribeTimeToLive: { valid: ofTable, wrongType: { TableName: 1 }, rows: [noTable, nameless] },
    UpdateTimeToLive: {
      valid: { ...ofTable, ...ttl() },
      wrongType: ttl({ Enabled: 'true' }),
      rows: [noTable, [{}, invalid, /already enabled/], [ttl({ AttributeName: '' }), invalid, /AttributeName/]],
    },
    ListTables: { valid: {}, wrongType: { Limit: '1' }, rows: [[{ Limit: 101 }, invalid, /limit/i]] },
    PutItem: {
      valid: { ...ofTable, Item: Key },
      wrongType: { Item: { pk: { S: 1 } } },
      rows: [noTable, nameless, consumed, stray, [{ ReturnValues: 'SOME' }, invalid, /returnValues/i]],
    },
    GetItem: { valid: { ...ofTable, Key }, wrongType: { ConsistentRead: 1 }, rows: [noTable, nameless, consumed] },
    UpdateItem: {
      valid: { ...ofTable, Key },
      wrongType: { UpdateExpression: 1 },
      rows: [noTable, nameless, consumed, stray, [{ UpdateExpression: 'MOVE a' }, invalid, /UpdateExpression/]],
    },
    DeleteItem: { valid: { ...ofTable, Key }, wrongType: { Key: 'a' }, rows: [noTable, nameless, consumed, stray] },
    Query: {
      valid: { ...ofTable, KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': { S: 'a' } } },
      wrongType: { Limit: '1' },
      rows: [noTable, nameless, consumed, [{ Limit: 0 }, invalid, /limit/i], [{ Select: 'SOME' }, invalid, /select/i]],
    },
    Scan: {
      valid: { ...ofTable, ConsistentRead: true },
      wrongType: { Limit: '1' },
      rows: [noTable, nameless, consumed, [{ Segment: 0 }, invalid, /segment/i]],
    },
    BatchGetItem: {
      valid: { RequestItems: { sessions: { Keys: [Key] } } },
      wrongType: { RequestItems: 'sessions' },
      rows: [
        consumed,
        [{ RequestItems: {} }, invalid, /requestItems/i],
        [{ RequestItems: { sessions: { Keys: [Key], Surprise: 1 } } }, invalid, /Surprise/],
      ],
    },
    BatchWriteItem: {
      valid: { RequestItems: { sessions: [{ PutRequest: { Item: Key } }] } },
      wrongType: { RequestItems: [] },
      rows: [
        consumed,
        [{ RequestItems: { sessions: [{ PutRequest: { Item: Key, Surprise: 1 } }] } }, invalid, /Surprise/],
        [{ RequestItems: { sessions: [{ Surprise: {} }] } }, invalid, /Surprise/],
      ],
    },
    TagResource: {
      valid: { ResourceArn, Tags: [{ Key: 'a', Value: 'b' }] },
      wrongType: { Tags: 'a' },
      rows: [[{ Tags: [{ Key: 'a', Value: 'b', Surprise: 1 }] }, invalid, /Surprise/]],
    },
    UntagResource: { valid: { ResourceArn, TagKeys: ['a'] }, wrongType: { TagKeys: 'a' }, rows: [] },
    ListTagsOfResource: {
      valid: { ResourceArn },
      wrongType: { ResourceArn: {} },
      rows: [[{ NextToken: '' }, invalid, /NextToken/]],
    },
  },
});

test('a table keeps its stream, encryption, class and tags, and goes once it is not protected', async () => {
  const { call } = await openWithTable();
  await call('CreateTable', {
    ...table,
    TableName: 'extra',
    DeletionProtectionEnabled: true,
    TableClass: 'STANDARD_INFREQUENT_ACCESS',
    SSESpecification: { Enabled: true, SSEType: 'KMS' },
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    Tags: [{ Key: 'org', Value: 'acme' }],
  });
  const { Table: described } = await call('DescribeTable', { TableName: 'extra' });
  expect(described).toMatchObject({
    DeletionProtectionEnabled: true,
    TableClassSummary: { TableClass: 'STANDARD_INFREQUENT_ACCESS' },
    SSEDescription: { Status: 'ENABLED', SSEType: 'KMS' },
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
  });
  const { TableArn: ResourceArn } = described as { TableArn: string };
  expect(await call('ListTagsOfResource', { ResourceArn })).toEqual({ Tags: [{ Key: 'org', Value: 'acme' }] });
  await expect(call('DeleteTable', { TableName: 'extra' })).rejects.toThrow(/protected/);
  await call('UpdateTable', {
    TableName: 'extra',
    DeletionProtectionEnabled: false,
    StreamSpecification: { StreamEnabled: false },
  });
  await call('DeleteTable', { TableName: 'extra' });
  await call('CreateTable', { ...table, TableName: 'extra' });
  const { Table: again } = await call('DescribeTable', { TableName: 'extra' });
  expect(again).toMatchObject({ DeletionProtectionEnabled: false });
  expect(again).not.toHaveProperty('StreamSpecification');
  await expect(call('PutItem', { ...put('a'), TableName: 'extra', Surprise: 1 })).rejects.toThrow(/Surprise/);
});
