import { createRequire } from 'node:module';

/**
 * The seam to dynalite 4, which ships no types. Its parts are used directly instead of its HTTP server: one
 * process hop less per call, and the store can be given account and region and watched for writes.
 */
const load = createRequire(import.meta.url);

/** DynamoDB JSON: attribute name → `{S: …}`, `{N: …}`, … */
export type Item = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface KeyElement {
  readonly AttributeName: string;
  readonly KeyType: 'HASH' | 'RANGE';
}

export interface AttributeDefinition {
  readonly AttributeName: string;
  readonly AttributeType: 'S' | 'N' | 'B';
}

export interface TableIndex {
  readonly IndexName: string;
  readonly KeySchema: readonly KeyElement[];
  readonly Projection: { readonly ProjectionType: string; readonly NonKeyAttributes?: readonly string[] };
}

/** The stored description of a table, as dynalite keeps it. */
export interface TableDescription {
  readonly TableName: string;
  readonly TableStatus: string;
  readonly TableArn: string;
  readonly KeySchema: readonly KeyElement[];
  readonly AttributeDefinitions: readonly AttributeDefinition[];
  readonly GlobalSecondaryIndexes?: readonly TableIndex[];
  readonly LocalSecondaryIndexes?: readonly TableIndex[];
}

export type Callback<T> = (error: DynaliteFailure | null, value?: T) => void;

export interface DynaliteFailure extends Error {
  readonly statusCode?: number;
  readonly body?: Readonly<Record<string, unknown>> & { readonly __type: string };
}

export type BatchOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: unknown }
  | { readonly type: 'del'; readonly key: string };

export interface SubDatabase {
  put(key: string, value: unknown, done: Callback<void>): void;
  get(key: string, done: Callback<unknown>): void;
  del(key: string, done: Callback<void>): void;
}

export interface DynaliteStore {
  readonly db: {
    get(key: string): Promise<unknown>;
    batch(operations: readonly BatchOperation[]): Promise<void>;
    iterator(range: { gte: string; lt: string }): AsyncIterable<[string, unknown]>;
    open(): Promise<void>;
    close(): Promise<void>;
  };
  readonly tableDb: SubDatabase & { awsAccountId: string; awsRegion: string };
  getItemDb(table: string): SubDatabase;
  getIndexDb(kind: 'Local' | 'Global', table: string, index: string): SubDatabase;
  getTable(name: string, checkStatus: boolean, done: Callback<TableDescription>): void;
}

interface IndexActions {
  readonly puts: readonly { readonly index: string; readonly key: string; readonly item: Item }[];
  readonly deletes: readonly { readonly index: string; readonly key: string }[];
}

interface Conditional {
  readonly ReturnValuesOnConditionCheckFailure?: string;
}

interface DynaliteDb {
  create(options: Readonly<Record<string, unknown>>): DynaliteStore;
  createKey(item: Item, table: TableDescription): string;
  getIndexActions(
    indexes: readonly TableIndex[],
    oldItem: Item | undefined,
    newItem: Item | undefined,
    table: TableDescription,
  ): IndexActions;
  checkConditional(
    data: Conditional,
    existing: Item | undefined,
  ): (DynaliteFailure & { body: Record<string, unknown> }) | null | undefined;
}

/** A parameter as dynalite describes it: the name of its type, or the type with what it holds. */
export type FieldType =
  string | { readonly type: string; readonly children?: FieldType | Readonly<Record<string, FieldType>> };

interface FieldTypes {
  readonly types: Record<string, FieldType>;
  readonly custom: unknown;
}

interface DynaliteValidations {
  checkTypes(data: unknown, types: Record<string, FieldType>): Record<string, unknown>;
  checkValidations(data: unknown, types: Record<string, FieldType>, custom: unknown, store: DynaliteStore): void;
}

type Action = (store: DynaliteStore, data: Record<string, unknown>, done: Callback<object>) => void;

export const db: DynaliteDb = load('dynalite/db');
export const validations: DynaliteValidations = load('dynalite/validations');

const returnOnFailure = {
  ReturnValuesOnConditionCheckFailure: { type: 'String', enum: ['ALL_OLD', 'NONE'] },
};

/** Loads the action and its input rules; `name` starts lower-case, as dynalite's files do. */
export const loadAction = (name: string): { action: Action; rules: FieldTypes } => {
  const rules: FieldTypes = load(`dynalite/validations/${name}`);
  if (['putItem', 'updateItem', 'deleteItem'].includes(name)) Object.assign(rules.types, returnOnFailure);
  return { action: load(`dynalite/actions/${name}`), rules };
};

const checkConditional = db.checkConditional;

/** dynalite checks conditions through its module object, so one decorator adds the item that AWS returns on request. */
db.checkConditional = (data, existing) => {
  const failure = checkConditional(data, existing);
  if (failure && data.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && existing) failure.body['Item'] = existing;
  return failure;
};
