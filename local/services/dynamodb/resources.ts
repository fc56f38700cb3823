import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import type { TableIndex } from './dynalite.ts';
import {
  type Applied,
  type ResourceContext,
  arn,
  flag,
  generatedName,
  resourceType,
  withoutEffect,
} from '../../deploy/resource-type.ts';

const KeySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));
const Projection = z.strictObject({
  ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
  NonKeyAttributes: z.array(z.string()).optional(),
});
const Index = z.strictObject({
  IndexName: z.string(),
  KeySchema,
  Projection,
  ...withoutEffect(
    'ProvisionedThroughput',
    'WriteProvisionedThroughputSettings',
    'ReadProvisionedThroughputSettings',
    'WarmThroughput',
    'OnDemandThroughput',
    'WriteOnDemandThroughputSettings',
  ),
});

const shared = {
  TableName: z.string().optional(),
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  KeySchema,
  GlobalSecondaryIndexes: z.array(Index).default([]),
  LocalSecondaryIndexes: z.array(Index).default([]),
  StreamSpecification: z
    .strictObject({
      StreamViewType: z.enum(['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES']),
      StreamEnabled: flag.optional(),
    })
    .optional(),
  TimeToLiveSpecification: z.strictObject({ AttributeName: z.string().optional(), Enabled: flag }).optional(),
  ...withoutEffect('BillingMode', 'SSESpecification', 'WarmThroughput'),
};

const Table = z.strictObject({
  ...shared,
  ...withoutEffect(
    'ProvisionedThroughput',
    'OnDemandThroughput',
    'PointInTimeRecoverySpecification',
    'ContributorInsightsSpecification',
    'ResourcePolicy',
    'TableClass',
    'Tags',
  ),
  DeletionProtectionEnabled: flag.default(false),
});

const Replica = z.strictObject({
  Region: z.string(),
  DeletionProtectionEnabled: flag.default(false),
  ...withoutEffect(
    'PointInTimeRecoverySpecification',
    'SSESpecification',
    'ContributorInsightsSpecification',
    'ResourcePolicy',
    'TableClass',
    'Tags',
    'GlobalSecondaryIndexes',
    'ReadProvisionedThroughputSettings',
    'ReadOnDemandThroughputSettings',
  ),
});
const GlobalTable = z.strictObject({
  ...shared,
  Replicas: z
    .array(Replica)
    .length(1, 'the embedded cloud keeps one replica per table; replicas in other regions are not copied'),
  ...withoutEffect('WriteProvisionedThroughputSettings', 'WriteOnDemandThroughputSettings'),
});

type TableProperties = z.infer<typeof Table>;

const indexes = (list: TableProperties['GlobalSecondaryIndexes']): TableIndex[] =>
  list.map(({ IndexName, KeySchema: keys, Projection: projection }) => ({
    IndexName,
    KeySchema: keys,
    Projection: {
      ProjectionType: projection.ProjectionType,
      ...(projection.NonKeyAttributes && { NonKeyAttributes: projection.NonKeyAttributes }),
    },
  }));

const sameNames = (a: readonly TableIndex[], b: readonly TableIndex[]): boolean =>
  JSON.stringify(a.map(({ IndexName, KeySchema: keys }) => [IndexName, keys]).sort()) ===
  JSON.stringify(b.map(({ IndexName, KeySchema: keys }) => [IndexName, keys]).sort());

const createTable = (name: string, properties: TableProperties): object => ({
  TableName: name,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: properties.AttributeDefinitions,
  KeySchema: properties.KeySchema,
  ...(properties.GlobalSecondaryIndexes.length > 0
    ? { GlobalSecondaryIndexes: indexes(properties.GlobalSecondaryIndexes) }
    : {}),
  ...(properties.LocalSecondaryIndexes.length > 0
    ? { LocalSecondaryIndexes: indexes(properties.LocalSecondaryIndexes) }
    : {}),
});

const applyTable = async (context: ResourceContext, properties: TableProperties): Promise<Applied> => {
  const { services, scope } = context;
  const name = properties.TableName ?? generatedName(context, 255);
  const store = await services.dynamodb.tables(scope);
  const existing = await store.describe(name).catch(() => undefined);
  if (existing && JSON.stringify(existing.KeySchema) !== JSON.stringify(properties.KeySchema)) {
    throw new LastgoodError(
      'unsupported-resource',
      `the key schema of table ${name} cannot be changed; a stateful resource is never replaced. Give the table a new name.`,
    );
  }
  if (!existing) await store.call('createTable', createTable(name, properties));
  else if (!sameNames(existing.GlobalSecondaryIndexes ?? [], indexes(properties.GlobalSecondaryIndexes))) {
    await services.dynamodb.setIndexes(
      scope,
      name,
      indexes(properties.GlobalSecondaryIndexes),
      properties.AttributeDefinitions,
    );
  }
  const ttl = properties.TimeToLiveSpecification;
  await services.dynamodb.setTimeToLive(scope, name, ttl?.Enabled ? ttl.AttributeName : undefined);
  await services.dynamodb.setDeletionProtection(scope, name, properties.DeletionProtectionEnabled);
  const stream = properties.StreamSpecification;
  const streamArn = stream ? await services.dynamodb.enableStream(scope, name, stream.StreamViewType) : undefined;
  return {
    ref: name,
    attributes: {
      Arn: arn(context, 'dynamodb', `table/${name}`),
      TableId: name,
      ...(streamArn !== undefined && { StreamArn: streamArn }),
    },
  };
};

const removeTable = async ({ services, scope }: ResourceContext, { ref }: Applied): Promise<void> => {
  await services.dynamodb.deleteTable(scope, ref);
};

export const dynamodbTypes = [
  resourceType({ type: 'AWS::DynamoDB::Table', schema: Table, apply: applyTable, remove: removeTable }),
  resourceType({
    type: 'AWS::DynamoDB::GlobalTable',
    schema: GlobalTable,
    apply: (context, properties) => {
      const [replica] = properties.Replicas;
      if (replica?.Region !== context.scope.region) {
        throw new LastgoodError(
          'unsupported-resource',
          `the replica is in ${replica?.Region ?? 'no region'}, the stack in ${context.scope.region}`,
        );
      }
      return applyTable(context, { ...properties, DeletionProtectionEnabled: replica.DeletionProtectionEnabled });
    },
    remove: removeTable,
  }),
];
