import { callbackify } from 'node:util';
import { LastgoodError } from '#core/errors.ts';
import { AwsError } from '../../http/aws-error.ts';
import { asDiskError } from '../../storage/document.ts';
import { type Scope, scopeKey } from '../../http/scope.ts';
import {
  type AttributeDefinition,
  type BatchOperation,
  type DynaliteFailure,
  type DynaliteStore,
  type Item,
  type SubDatabase,
  type TableDescription,
  type TableIndex,
  db,
  loadAction,
  validations,
} from './dynalite.ts';

/** One committed write, with the item before and after it. */
export interface ItemChange {
  readonly table: TableDescription;
  readonly oldItem: Item | undefined;
  readonly newItem: Item | undefined;
}

/** What goes with a write: stored in the same atomic batch as the item. */
export interface ChangeEffects {
  readonly operations: readonly BatchOperation[];
  /** Called once, when the batch is committed or has failed. */
  settled(committed: boolean): void;
}

/** Called inside the write, before its batch. */
export type OnChange = (change: ItemChange) => ChangeEffects | undefined;

/** The tables of one account and region. */
export interface TableStore {
  readonly scope: Scope;
  /** One API call in DynamoDB JSON. */
  call(action: string, input: unknown): Promise<object>;
  describe(table: string): Promise<TableDescription>;
  /** Changes a table's secondary indexes and fills new ones from its items. */
  setIndexes(table: string, indexes: readonly TableIndex[], attributes: readonly AttributeDefinition[]): Promise<void>;
  /** Values beside the tables, in the same store. */
  readonly extra: DynaliteStore['db'];
  close(): Promise<void>;
}

const actions = new Map<string, ReturnType<typeof loadAction>>();

const isFailure = (error: unknown): error is DynaliteFailure & { body: { __type: string } } =>
  error instanceof Error && 'body' in error && 'statusCode' in error;

const asAws = (error: unknown): unknown => {
  if (!isFailure(error)) return error;
  const { __type: type, message, Message, ...fields } = error.body as Record<string, unknown> & { __type: string };
  const code = type.slice(type.lastIndexOf('#') + 1);
  const said = [message, Message, error.message].find((one) => typeof one === 'string' && one !== '');
  // dynalite refuses a table that is there without a word.
  const text = said ?? (code === 'ResourceInUseException' ? 'Table already exists' : code);
  return new AwsError(code, String(text), error.statusCode, fields);
};

const runAction = (store: DynaliteStore, name: string, input: unknown): Promise<object> => {
  const known = actions.get(name) ?? loadAction(name);
  actions.set(name, known);
  const data = validations.checkTypes(structuredClone(input), known.rules.types);
  validations.checkValidations(data, known.rules.types, known.rules.custom, store);
  return new Promise((resolve, reject) => {
    known.action(store, data, (error, answer) => (error ? reject(error) : resolve(answer ?? {})));
  });
};

const indexesOf = (table: TableDescription) =>
  [
    ['Local', table.LocalSecondaryIndexes ?? []],
    ['Global', table.GlobalSecondaryIndexes ?? []],
  ] as const;

const indexKey = (kind: string, table: string, index: string, key: string): string =>
  `index-${kind.toLowerCase()}~${table}~${index}~${key}`;

const itemKey = (table: string, key: string): string => `item-${table}~${key}`;

const indexWrites = (table: TableDescription, oldItem: Item | undefined, newItem: Item | undefined): BatchOperation[] =>
  indexesOf(table).flatMap(([kind, indexes]) => {
    const { puts, deletes } = db.getIndexActions(indexes, oldItem, newItem, table);
    return [
      ...deletes.map(({ index, key }) => ({ type: 'del' as const, key: indexKey(kind, table.TableName, index, key) })),
      ...puts.map(({ index, key, item }) => ({
        type: 'put' as const,
        key: indexKey(kind, table.TableName, index, key),
        value: item,
      })),
    ];
  });

/**
 * Replaces the writes of one table's item database: item, index entries and stream record go into one batch, so a
 * crash leaves all of them or none. dynalite calls this under its lock of the item's key, which keeps the order.
 */
const makeWritesAtomic = (store: DynaliteStore, table: TableDescription, onChange: OnChange): void => {
  const write = async (key: string, newItem: Item | undefined): Promise<void> => {
    const oldItem = (await store.db.get(itemKey(table.TableName, key))) as Item | undefined;
    if (!oldItem && !newItem) return;
    const effects = onChange({ table, oldItem, newItem });
    try {
      await store.db.batch([
        newItem
          ? { type: 'put', key: itemKey(table.TableName, key), value: newItem }
          : { type: 'del', key: itemKey(table.TableName, key) },
        ...indexWrites(table, oldItem, newItem),
        ...(effects?.operations ?? []),
      ]);
    } catch (error) {
      effects?.settled(false);
      throw asDiskError(error, `table ${table.TableName}`);
    }
    effects?.settled(true);
  };
  const items: SubDatabase = store.getItemDb(table.TableName);
  const writeThen = callbackify(write);
  items.put = (key, value, done) => writeThen(key, value as Item, done);
  items.del = (key, done) => writeThen(key, undefined, done);
  for (const [kind, indexes] of indexesOf(table)) {
    for (const index of indexes) {
      const entries = store.getIndexDb(kind, table.TableName, index.IndexName);
      // The batch above writes the entries; dynalite's own writes would come before the item and survive a crash alone.
      entries.put = (_key, _value, done) => setImmediate(done, null);
      entries.del = (_key, done) => setImmediate(done, null);
    }
  }
};

const describeTable = (store: DynaliteStore, name: string): Promise<TableDescription> =>
  new Promise((resolve, reject) => {
    store.getTable(name, false, (error, table) => (error || !table ? reject(error) : resolve(table)));
  });

/** Turns of the event loop: dynalite needs a millisecond. */
const settleAttempts = 1_000_000;

/** dynalite creates and deletes tables a tick later; here the call answers when it is done. */
const untilSettled = async (store: DynaliteStore, name: string): Promise<void> => {
  for (let attempt = 0; attempt < settleAttempts; attempt += 1) {
    const table = await describeTable(store, name).catch(() => undefined);
    if (!table || table.TableStatus === 'ACTIVE') return;
    await new Promise((resolve) => setImmediate(resolve));
  }
};

const maxScanBatch = 1_000;

const fillIndexes = async (store: DynaliteStore, table: TableDescription): Promise<void> => {
  let batch: BatchOperation[] = [];
  const prefix = itemKey(table.TableName, '');
  for await (const [, item] of store.db.iterator({ gte: prefix, lt: `${prefix}\u00FF` })) {
    batch.push(...indexWrites(table, undefined, item as Item));
    if (batch.length >= maxScanBatch) {
      await store.db.batch(batch);
      batch = [];
    }
  }
  await store.db.batch(batch);
};

const openDatabase = async (scope: Scope, path: string | undefined): Promise<DynaliteStore> => {
  const store = db.create({
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
    ...(path !== undefined && { path }),
  });
  store.tableDb.awsAccountId = scope.account;
  store.tableDb.awsRegion = scope.region;
  try {
    await store.db.open();
  } catch (cause) {
    throw new LastgoodError(
      'invalid-input',
      `The tables of ${scopeKey(scope)} at ${path ?? 'memory'} do not open: ${cause instanceof Error ? cause.message : String(cause)}. ` +
        'Another embedded cloud may be using this data folder; stop it, or choose another folder.',
      { cause },
    );
  }
  return store;
};

/**
 * Opens the tables of one account and region.
 * @param path LevelDB folder; in memory without one
 */
export const openTableStore = async (
  scope: Scope,
  path: string | undefined,
  onChange: OnChange,
): Promise<TableStore> => {
  const store = await openDatabase(scope, path);
  const describe = (name: string) => describeTable(store, name);
  const { TableNames } = (await runAction(store, 'listTables', {})) as { TableNames: string[] };
  for (const name of TableNames) makeWritesAtomic(store, await describe(name), onChange);
  return {
    scope,
    extra: store.db,
    describe,
    close: () => store.db.close(),
    call: async (action, input) => {
      try {
        const answer = await runAction(store, action, input);
        if (action === 'createTable' || action === 'deleteTable') {
          const { TableDescription: table } = answer as { TableDescription: TableDescription };
          await untilSettled(store, table.TableName);
          if (action === 'createTable') makeWritesAtomic(store, table, onChange);
        }
        return answer;
      } catch (error) {
        throw asAws(error);
      }
    },
    setIndexes: async (name, indexes, attributes) => {
      const table = { ...(await describe(name)), GlobalSecondaryIndexes: indexes, AttributeDefinitions: attributes };
      await new Promise<void>((resolve, reject) => {
        store.tableDb.put(name, table, (error) => (error ? reject(error) : resolve()));
      });
      makeWritesAtomic(store, table, onChange);
      await fillIndexes(store, table);
    },
  };
};
