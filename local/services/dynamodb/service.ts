import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { z } from 'zod';
import { type CloudContext, perScope, statePath } from '../../context.ts';
import { AwsError } from '../../http/aws-error.ts';
import { type JsonApi, type Operation, type Operations, operation } from '../../http/operation.ts';
import type { Scope } from '../../http/scope.ts';
import { openDocument } from '../../storage/document.ts';
import type { TableIndex } from './dynalite.ts';
import { type StreamViewType, streamRecord } from './stream.ts';
import { type StreamLog, streamLog } from './stream-log.ts';
import { type TableStore, openTableStore } from './table-store.ts';
import { deleteExpired } from './time-to-live.ts';

/** What a table has beside its items: stream, time to live and backups, which dynalite does not know. */
const TableExtras = z.object({
  ttlAttribute: z.string().optional(),
  pointInTimeRecovery: z.boolean().default(false),
  stream: z
    .object({ view: z.enum(['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES']), label: z.string() })
    .optional(),
});
type TableExtras = z.infer<typeof TableExtras>;
const ScopeExtras = z.record(z.string(), TableExtras);

interface ScopeTables {
  readonly store: TableStore;
  readonly log: StreamLog;
  readonly extras: { value: z.infer<typeof ScopeExtras>; save(): Promise<void> };
  /** Keys of items that the time to live is deleting right now: their stream records name the service. */
  readonly expiring: Set<string>;
}

const passed = [
  'BatchGetItem', 'BatchWriteItem', 'CreateTable', 'DeleteItem', 'DeleteTable', 'DescribeTable', 'GetItem', 'ListTables',
  'PutItem', 'Query', 'Scan', 'TagResource', 'UntagResource', 'ListTagsOfResource', 'UpdateItem',
] as const; // prettier-ignore

export interface DynamoDb {
  readonly api: JsonApi;
  readonly tables: (scope: Scope) => Promise<TableStore>;
  /** Switches the stream of a table on (idempotent) and returns its ARN. */
  enableStream(scope: Scope, table: string, view: StreamViewType): Promise<string>;
  setTimeToLive(scope: Scope, table: string, attribute: string | undefined): Promise<void>;
  setIndexes(scope: Scope, table: string, indexes: readonly TableIndex[]): Promise<void>;
  streamLog(scope: Scope): Promise<StreamLog>;
  /** Deletes what is past its time to live now; the service itself does so every minute. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

const ttlSweepMs = 60_000;
const lower = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

const streamArn = (scope: Scope, table: string, label: string): string =>
  `arn:aws:dynamodb:${scope.region}:${scope.account}:table/${table}/stream/${label}`;

const openScope = async (context: CloudContext, scope: Scope): Promise<ScopeTables> => {
  const extras = openDocument(statePath(context, scope, 'dynamodb-tables.json'), ScopeExtras, {});
  const path = statePath(context, scope, 'dynamodb');
  if (path !== undefined) mkdirSync(path, { recursive: true });
  const expiring = new Set<string>();
  const log = streamLog();
  const store = await openTableStore(scope, path === undefined ? undefined : join(path, 'tables'), (change) => {
    const table = change.table.TableName;
    const stream = extras.value[table]?.stream;
    if (!stream) return undefined;
    const item = change.newItem ?? change.oldItem ?? {};
    const key = JSON.stringify([table, ...change.table.KeySchema.map(({ AttributeName: name }) => item[name])]);
    const sequence = log.nextSequence(table);
    const record = streamRecord(change, {
      scope,
      streamArn: streamArn(scope, table, stream.label),
      view: stream.view,
      sequence,
      nowMs: context.clock.now(),
      expired: expiring.has(key),
    });
    return record ? log.append(table, sequence, record) : undefined;
  });
  await log.load(store.extra);
  return { store, log, extras, expiring };
};

const tableInput = z.object({ TableName: z.string() });

const withStream = (description: object, scope: Scope, extras: TableExtras | undefined): object =>
  extras?.stream
    ? {
        ...description,
        StreamSpecification: { StreamEnabled: true, StreamViewType: extras.stream.view },
        LatestStreamLabel: extras.stream.label,
        LatestStreamArn: streamArn(
          scope,
          'TableName' in description ? String(description.TableName) : '',
          extras.stream.label,
        ),
      }
    : description;

/** The DynamoDB of the embedded cloud: dynalite behind, streams and time to live in front. */
export const dynamoDb = (context: CloudContext): DynamoDb => {
  const scopes = perScope((scope) => openScope(context, scope));

  const change = async (scope: Scope, table: string, edit: (extras: TableExtras) => TableExtras): Promise<void> => {
    const { extras, store } = await scopes.get(scope);
    await store.describe(table).catch(() => {
      throw new AwsError('ResourceNotFoundException', `Requested resource not found: Table: ${table} not found`);
    });
    extras.value = { ...extras.value, [table]: edit(extras.value[table] ?? { pointInTimeRecovery: false }) };
    await extras.save();
  };

  const enableStream = async (scope: Scope, table: string, view: StreamViewType): Promise<string> => {
    const label = new Date(context.clock.now()).toISOString().slice(0, -1);
    await change(scope, table, (extras) => ({ ...extras, stream: { view, label: extras.stream?.label ?? label } }));
    const { extras } = await scopes.get(scope);
    return streamArn(scope, table, extras.value[table]?.stream?.label ?? label);
  };

  const setTimeToLive = (scope: Scope, table: string, attribute: string | undefined): Promise<void> =>
    change(scope, table, ({ ttlAttribute: _old, ...extras }) =>
      attribute === undefined ? extras : { ...extras, ttlAttribute: attribute },
    );

  const sweep = async (): Promise<void> => {
    for (const [, opening] of scopes.entries()) {
      const { store, extras, expiring } = await opening;
      for (const [table, { ttlAttribute }] of Object.entries(extras.value)) {
        if (ttlAttribute !== undefined)
          await deleteExpired(store, { table, attribute: ttlAttribute, nowMs: context.clock.now(), expiring });
      }
    }
  };
  const sweeper = context.clock.every(ttlSweepMs, () => {
    sweep().catch((error: unknown) =>
      context.log({
        at: context.clock.now(),
        source: 'cloud',
        level: 'error',
        name: 'dynamodb',
        line: `time to live: ${String(error)}`,
      }),
    );
  });

  const pass =
    (name: string): Operation =>
    async (scope, input) => {
      const { store, extras } = await scopes.get(scope);
      const answer = await store.call(lower(name), input);
      return name === 'DescribeTable' && 'Table' in answer
        ? { Table: withStream(answer.Table as object, scope, extras.value[tableInput.parse(input).TableName]) }
        : answer;
    };

  const operations: Operations = {
    ...Object.fromEntries(passed.map((name) => [name, pass(name)])),
    UpdateTimeToLive: operation(
      z.strictObject({
        TableName: z.string(),
        TimeToLiveSpecification: z.strictObject({ Enabled: z.boolean(), AttributeName: z.string() }),
      }),
      async (scope, { TableName, TimeToLiveSpecification: specification }) => {
        await setTimeToLive(scope, TableName, specification.Enabled ? specification.AttributeName : undefined);
        return { TimeToLiveSpecification: specification };
      },
    ),
    DescribeTimeToLive: operation(tableInput, async (scope, { TableName }) => {
      const attribute = (await scopes.get(scope)).extras.value[TableName]?.ttlAttribute;
      return {
        TimeToLiveDescription:
          attribute === undefined
            ? { TimeToLiveStatus: 'DISABLED' }
            : { TimeToLiveStatus: 'ENABLED', AttributeName: attribute },
      };
    }),
  };

  return {
    api: { target: 'DynamoDB_20120810', operations },
    tables: async (scope) => (await scopes.get(scope)).store,
    streamLog: async (scope) => (await scopes.get(scope)).log,
    enableStream,
    setTimeToLive,
    setIndexes: async (scope, table, indexes) => (await scopes.get(scope)).store.setIndexes(table, indexes),
    sweep,
    close: async () => {
      sweeper.cancel();
      for (const opening of scopes.values()) await (await opening).store.close();
    },
  };
};
