import type { Scope } from '../../http/scope.ts';
import type { Item, TableDescription } from './dynalite.ts';
import type { StreamViewType } from './inputs.ts';
import type { ItemChange } from './table-store.ts';

/** A record as a lambda receives it. Source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly eventVersion: '1.1';
  readonly eventSource: 'aws:dynamodb';
  readonly awsRegion: string;
  readonly eventSourceARN: string;
  readonly userIdentity?: { readonly type: 'Service'; readonly principalId: 'dynamodb.amazonaws.com' };
  readonly dynamodb: {
    /** Seconds since the epoch. */
    readonly ApproximateCreationDateTime: number;
    readonly Keys: Item;
    readonly NewImage?: Item;
    readonly OldImage?: Item;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: StreamViewType;
  };
}

/** AWS keeps records for 24 hours; here the number is bounded as well, and the oldest go first. */
export const maxStreamRecords = 20_000;

const sequenceDigits = 21;

/** Key of a record in the store: ordered as text, because the number is padded. */
export const recordKey = (table: string, sequence: number): string =>
  `stream~${table}~${String(sequence).padStart(sequenceDigits, '0')}`;

const isSame = (a: Item | undefined, b: Item | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

const eventName = ({ oldItem, newItem }: ItemChange): StreamRecord['eventName'] =>
  oldItem ? (newItem ? 'MODIFY' : 'REMOVE') : 'INSERT';

const keysOf = (table: TableDescription, item: Item): Item =>
  Object.fromEntries(table.KeySchema.map(({ AttributeName: name }) => [name, item[name] ?? {}]));

const images = ({ oldItem, newItem }: ItemChange, view: StreamViewType) => ({
  ...(newItem && view.startsWith('NEW') && { NewImage: newItem }),
  ...(oldItem && (view === 'OLD_IMAGE' || view === 'NEW_AND_OLD_IMAGES') && { OldImage: oldItem }),
});

/** Turns one write into its record; a write that changed nothing has none, as on AWS. */
export const streamRecord = (
  change: ItemChange,
  options: {
    readonly scope: Scope;
    readonly streamArn: string;
    readonly view: StreamViewType;
    readonly sequence: number;
    readonly nowMs: number;
    readonly expired: boolean;
  },
): StreamRecord | undefined => {
  const item = change.newItem ?? change.oldItem;
  if (!item || isSame(change.oldItem, change.newItem)) return undefined;
  const body = { Keys: keysOf(change.table, item), ...images(change, options.view) };
  const sequenceNumber = String(options.sequence).padStart(sequenceDigits, '0');
  return {
    eventID: sequenceNumber.padStart(32, '0'),
    eventName: eventName(change),
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: options.scope.region,
    eventSourceARN: options.streamArn,
    ...(options.expired && { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } as const }),
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(options.nowMs / 1_000),
      ...body,
      SequenceNumber: sequenceNumber,
      SizeBytes: Buffer.byteLength(JSON.stringify(body)),
      StreamViewType: options.view,
    },
  };
};
