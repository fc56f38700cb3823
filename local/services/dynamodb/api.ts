import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { z } from 'zod';
import type { Timer } from '../../clock.ts';
import { type CloudContext, type PerScope, perScope, statePath } from '../../context.ts';
import { AwsError } from '../../http/aws-error.ts';
import { type JsonApi, type Operation, type Operations, operation } from '../../http/operation.ts';
import type { Scope } from '../../http/scope.ts';
import { openDocument } from '../../storage/document.ts';
import type { AttributeDefinition, TableIndex } from './dynalite.ts';
import { type StreamViewType, streamRecord } from './stream-record.ts';
import { StreamLog } from './stream-log.ts';
import { type TableStore, openTableStore } from './table-store.ts';
import { deleteExpired } from './time-to-live.ts';

/** What a table has beside its items: stream and time to live, which dynalite does not know. */
const TableExtras = z.object({
  ttlAttribute: z.string().optional(),
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

const ttlSweepMs = 60_000;
const lower = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

const streamArn = (scope: Scope, table: string, label: string): string =>
  `arn:aws:dynamodb:${scope.region}:${scope.account}:table/${table}/stream/${label}`;

const openScope = async (context: CloudContext, scope: Scope): Promise<ScopeTables> => {
  const extras = openDocument(statePath(context, scope, 'dynamodb-tables.json'), ScopeExtras, {});
  const path = statePath(context, scope, 'dynamodb');
  if (path !== undefined) mkdirSync(path, { recursive: true });
  const expiring = new Set<string>();
  const log = new StreamLog();
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
const TimeToLive = z.strictObject({
  TableName: z.string(),
  TimeToLiveSpecification: z.strictObject({ Enabled: z.boolean(), AttributeName: z.string() }),
});

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
export class DynamoDb {
  readonly api: JsonApi;
  private readonly context: CloudContext;
  private readonly scopes: PerScope<Promise<ScopeTables>>;
  private readonly sweeper: Timer;

  constructor(context: CloudContext) {
    this.context = context;
    this.scopes = perScope((scope) => openScope(context, scope));
    this.api = { target: 'DynamoDB_20120810', operations: this.operations() };
    this.sweeper = context.clock.every(ttlSweepMs, () => {
      this.sweep().catch((error: unknown) => this.warn(`time to live: ${String(error)}`));
    });
  }

  async tables(scope: Scope): Promise<TableStore> {
    return (await this.scopes.get(scope)).store;
  }

  async streamLog(scope: Scope): Promise<StreamLog> {
    return (await this.scopes.get(scope)).log;
  }

  /** Switches the stream of a table on (idempotent) and returns its ARN. */
  async enableStream(scope: Scope, table: string, view: StreamViewType): Promise<string> {
    const label = new Date(this.context.clock.now()).toISOString().slice(0, -1);
    await this.change(scope, table, (extras) => ({
      ...extras,
      stream: { view, label: extras.stream?.label ?? label },
    }));
    const { extras } = await this.scopes.get(scope);
    return streamArn(scope, table, extras.value[table]?.stream?.label ?? label);
  }

  /** @param attribute holds seconds since the epoch; undefined keeps items for ever */
  setTimeToLive(scope: Scope, table: string, attribute: string | undefined): Promise<void> {
    return this.change(scope, table, ({ ttlAttribute: _old, ...extras }) =>
      attribute === undefined ? extras : { ...extras, ttlAttribute: attribute },
    );
  }

  async setIndexes(
    scope: Scope,
    table: string,
    indexes: readonly TableIndex[],
    attributes: readonly AttributeDefinition[],
  ): Promise<void> {
    await (await this.tables(scope)).setIndexes(table, indexes, attributes);
  }

  /** Deletes what is past its time to live now; the service itself does so every minute. */
  async sweep(): Promise<void> {
    const nowMs = this.context.clock.now();
    for (const [, opening] of this.scopes.entries()) {
      const { store, extras, expiring } = await opening;
      for (const [table, { ttlAttribute: attribute }] of Object.entries(extras.value))
        if (attribute !== undefined) await deleteExpired(store, { table, attribute, nowMs, expiring });
    }
  }

  async close(): Promise<void> {
    this.sweeper.cancel();
    for (const opening of this.scopes.values()) await (await opening).store.close();
  }

  private warn(line: string): void {
    this.context.log({ at: this.context.clock.now(), source: 'cloud', level: 'warn', name: 'dynamodb', line });
  }

  private async change(scope: Scope, table: string, edit: (extras: TableExtras) => TableExtras): Promise<void> {
    const { extras, store } = await this.scopes.get(scope);
    await store.describe(table).catch(() => {
      throw new AwsError('ResourceNotFoundException', `Requested resource not found: Table: ${table} not found`);
    });
    extras.value = { ...extras.value, [table]: edit(extras.value[table] ?? {}) };
    await extras.save();
  }

  private pass(name: string): Operation {
    return async (scope, input) => {
      const { store, extras } = await this.scopes.get(scope);
      const answer = await store.call(lower(name), input);
      return name === 'DescribeTable' && 'Table' in answer
        ? { Table: withStream(answer.Table as object, scope, extras.value[tableInput.parse(input).TableName]) }
        : answer;
    };
  }

  private operations(): Operations {
    return {
      ...Object.fromEntries(passed.map((name) => [name, this.pass(name)])),
      UpdateTimeToLive: operation(TimeToLive, async (scope, { TableName, TimeToLiveSpecification: specification }) => {
        await this.setTimeToLive(scope, TableName, specification.Enabled ? specification.AttributeName : undefined);
        return { TimeToLiveSpecification: specification };
      }),
      DescribeTimeToLive: operation(tableInput, async (scope, { TableName }) => {
        const attribute = (await this.scopes.get(scope)).extras.value[TableName]?.ttlAttribute;
        return {
          TimeToLiveDescription:
            attribute === undefined
              ? { TimeToLiveStatus: 'DISABLED' }
              : { TimeToLiveStatus: 'ENABLED', AttributeName: attribute },
        };
      }),
    };
  }
}
