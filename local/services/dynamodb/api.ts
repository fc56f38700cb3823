import { every } from '#core/clock.ts';
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { z } from 'zod';
import { type CloudContext, type PerScope, perScope, statePath } from '../../context.ts';
import { AwsError } from '../../http/aws-error.ts';
import { type JsonApi, type Operations, operationsOf } from '../../http/operation.ts';
import type { Scope } from '../../http/scope.ts';
import { type Document, openDocument } from '../../storage/document.ts';
import type { AttributeDefinition, TableIndex } from './dynalite.ts';
import * as inputs from './inputs.ts';
import { streamRecord } from './stream-record.ts';
import { StreamLog } from './stream-log.ts';
import { ScopeExtras, type TableExtras, describeExtras, newStream, streamArn, withSettings } from './table-extras.ts';
import { type TableStore, openTableStore } from './table-store.ts';
import { deleteExpired } from './time-to-live.ts';

const operation = operationsOf({ invalid: 'ValidationException' });

interface ScopeTables {
  readonly store: TableStore;
  readonly log: StreamLog;
  readonly extras: Document<z.infer<typeof ScopeExtras>>;
  /** Keys of items that the time to live is deleting right now: their stream records name the service. */
  readonly expiring: Set<string>;
}

/** Calls on items and tags, which dynalite answers whole. */
const passed = [
  'BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'GetItem', 'ListTables', 'PutItem', 'Query', 'TagResource',
  'UntagResource', 'ListTagsOfResource', 'UpdateItem',
] as const; // prettier-ignore

const ttlSweepMs = 60_000;
const lower = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

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

/** The DynamoDB of the embedded cloud: dynalite behind, streams and time to live in front. */
export class DynamoDb {
  readonly api: JsonApi;
  readonly #context: CloudContext;
  readonly #scopes: PerScope<Promise<ScopeTables>>;
  readonly #sweeper: () => void;

  constructor(context: CloudContext) {
    this.#context = context;
    this.#scopes = perScope((scope) => openScope(context, scope));
    this.api = { target: 'DynamoDB_20120810', operations: this.#operations() };
    this.#sweeper = every(context.clock, ttlSweepMs, () => {
      this.sweep().catch((error: unknown) => this.#warn(`time to live: ${String(error)}`));
    });
  }

  async tables(scope: Scope): Promise<TableStore> {
    return (await this.#scopes.get(scope)).store;
  }

  async streamLog(scope: Scope): Promise<StreamLog> {
    return (await this.#scopes.get(scope)).log;
  }

  /** Switches the stream of a table on (idempotent) and returns its ARN. */
  async enableStream(scope: Scope, table: string, view: inputs.StreamViewType): Promise<string> {
    const { stream } = await this.#change(scope, table, (extras) => ({
      ...extras,
      stream: { ...newStream(view, this.#context.clock.now()), ...extras.stream, view },
    }));
    return streamArn(scope, table, stream?.label ?? '');
  }

  /** @param attribute holds seconds since the epoch; undefined keeps items for ever */
  async setTimeToLive(scope: Scope, table: string, attribute: string | undefined): Promise<void> {
    await this.#change(scope, table, ({ ttlAttribute: _old, ...extras }) =>
      attribute === undefined ? extras : { ...extras, ttlAttribute: attribute },
    );
  }

  async setDeletionProtection(scope: Scope, table: string, isProtected: boolean): Promise<void> {
    await this.#change(scope, table, (extras) => ({ ...extras, isProtected }));
  }

  /** @throws AwsError `ValidationException` for a protected table, `ResourceNotFoundException` */
  async deleteTable(scope: Scope, table: string): Promise<object> {
    const { store, extras } = await this.#scopes.get(scope);
    if (extras.value[table]?.isProtected) {
      throw new AwsError(
        'ValidationException',
        'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
      );
    }
    const answer = await store.call('deleteTable', { TableName: table });
    const { [table]: _gone, ...others } = extras.value;
    extras.value = others;
    await extras.save();
    return answer;
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
    const nowMs = this.#context.clock.now();
    for (const [, opening] of this.#scopes.entries()) {
      const { store, extras, expiring } = await opening;
      for (const [table, { ttlAttribute: attribute }] of Object.entries(extras.value))
        if (attribute !== undefined) await deleteExpired(store, { table, attribute, nowMs, expiring });
    }
  }

  async close(): Promise<void> {
    this.#sweeper();
    for (const opening of this.#scopes.values()) await (await opening).store.close();
  }

  #warn(line: string): void {
    this.#context.log({ at: this.#context.clock.now(), source: 'cloud', level: 'warn', name: 'dynamodb', line });
  }

  async #change(scope: Scope, table: string, edit: (extras: TableExtras) => TableExtras): Promise<TableExtras> {
    await this.#stored(scope, table);
    const { extras } = await this.#scopes.get(scope);
    const changed = edit(extras.value[table] ?? {});
    extras.value = { ...extras.value, [table]: changed };
    await extras.save();
    return changed;
  }

  /** @throws AwsError `ResourceNotFoundException` */
  async #stored(scope: Scope, table: string): Promise<object> {
    return (await this.tables(scope)).describe(table).catch(() => {
      throw new AwsError('ResourceNotFoundException', `Requested resource not found: Table: ${table} not found`);
    });
  }

  async #describe(scope: Scope, table: string): Promise<object> {
    const description = await this.#stored(scope, table);
    const { extras } = await this.#scopes.get(scope);
    return { ...description, ...describeExtras(scope, table, extras.value[table]) };
  }

  async #createTable(scope: Scope, input: z.infer<typeof inputs.CreateTable>): Promise<object> {
    const { Tags, StreamSpecification, SSESpecification, DeletionProtectionEnabled, TableClass, ...table } = input;
    const store = await this.tables(scope);
    await store.call('createTable', table);
    const stream = StreamSpecification?.StreamEnabled ? { StreamSpecification } : {};
    const settings = { SSESpecification, DeletionProtectionEnabled, TableClass, ...stream };
    await this.#change(scope, table.TableName, () => withSettings({}, settings, this.#context.clock.now()));
    const description = await this.#describe(scope, table.TableName);
    if (Tags && 'TableArn' in description) await store.call('tagResource', { ResourceArn: description.TableArn, Tags });
    return { TableDescription: description };
  }

  async #updateTimeToLive(scope: Scope, input: z.infer<typeof inputs.UpdateTimeToLive>): Promise<object> {
    const { TableName: table, TimeToLiveSpecification: wanted } = input;
    await this.#stored(scope, table);
    const present = (await this.#scopes.get(scope)).extras.value[table]?.ttlAttribute;
    if (wanted.Enabled === (present !== undefined))
      throw new AwsError('ValidationException', `TimeToLive is already ${wanted.Enabled ? 'enabled' : 'disabled'}`);
    await this.setTimeToLive(scope, table, wanted.Enabled ? wanted.AttributeName : undefined);
    return { TimeToLiveSpecification: wanted };
  }

  async #describeTimeToLive(scope: Scope, table: string): Promise<object> {
    await this.#stored(scope, table);
    const attribute = (await this.#scopes.get(scope)).extras.value[table]?.ttlAttribute;
    return {
      TimeToLiveDescription:
        attribute === undefined
          ? { TimeToLiveStatus: 'DISABLED' }
          : { TimeToLiveStatus: 'ENABLED', AttributeName: attribute },
    };
  }

  #operations(): Operations {
    const pass = async (scope: Scope, name: string, input: unknown): Promise<object> =>
      (await this.tables(scope)).call(lower(name), input);
    return {
      ...Object.fromEntries(
        passed.map((name) => [
          name,
          operation(z.strictObject(inputs.dynaliteShape(lower(name))), (scope, input) => pass(scope, name, input)),
        ]),
      ),
      Scan: operation(inputs.Scan, (scope, input) => pass(scope, 'Scan', input)),
      CreateTable: operation(inputs.CreateTable, (scope, input) => this.#createTable(scope, input)),
      UpdateTable: operation(inputs.UpdateTable, async (scope, { TableName: table, ...settings }) => {
        await this.#change(scope, table, (extras) => withSettings(extras, settings, this.#context.clock.now()));
        return { TableDescription: await this.#describe(scope, table) };
      }),
      DescribeTable: operation(inputs.TableInput, async (scope, { TableName: table }) => ({
        Table: await this.#describe(scope, table),
      })),
      DeleteTable: operation(inputs.TableInput, (scope, { TableName: table }) => this.deleteTable(scope, table)),
      UpdateTimeToLive: operation(inputs.UpdateTimeToLive, (scope, input) => this.#updateTimeToLive(scope, input)),
      DescribeTimeToLive: operation(inputs.TableInput, (scope, { TableName: table }) =>
        this.#describeTimeToLive(scope, table),
      ),
    };
  }
}
