import { z } from 'zod';
import { AwsError } from '../../http/aws-error.ts';
import type { Scope } from '../../http/scope.ts';
import type { StreamViewType, TableSettings } from './inputs.ts';

/** What a table has beside its items and its stored description, because dynalite does not know it. */
export const TableExtras = z.object({
  ttlAttribute: z.string().optional(),
  stream: z
    .object({ view: z.enum(['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES']), label: z.string() })
    .optional(),
  isProtected: z.boolean().optional(),
  /** Key of KMS when the table is encrypted with one; empty for the account's own. */
  encryptionKey: z.string().optional(),
  tableClass: z.string().optional(),
});
export type TableExtras = z.infer<typeof TableExtras>;

/** The extras of the tables of one account and region, by table. */
export const ScopeExtras = z.record(z.string(), TableExtras);

export const streamArn = (scope: Scope, table: string, label: string): string =>
  `arn:aws:dynamodb:${scope.region}:${scope.account}:table/${table}/stream/${label}`;

/** The name of a stream is the time at which it began. */
export const newStream = (view: StreamViewType, nowMs: number): NonNullable<TableExtras['stream']> => ({
  view,
  label: new Date(nowMs).toISOString().slice(0, -1),
});

/** @throws AwsError `ValidationException` for a stream that is on or off already */
export const withSettings = (extras: TableExtras, settings: TableSettings, nowMs: number): TableExtras => {
  const { DeletionProtectionEnabled, SSESpecification: encryption, TableClass, StreamSpecification: stream } = settings;
  if (stream && stream.StreamEnabled === (extras.stream !== undefined)) {
    throw new AwsError(
      'ValidationException',
      extras.stream ? 'Table already has an enabled stream' : 'Table has no stream to disable',
    );
  }
  const { stream: _stream, encryptionKey: _key, ...others } = extras;
  const view = stream?.StreamViewType;
  const present = stream ? (view === undefined ? undefined : newStream(view, nowMs)) : extras.stream;
  const key = encryption
    ? encryption.Enabled === false
      ? undefined
      : (encryption.KMSMasterKeyId ?? '')
    : extras.encryptionKey;
  return {
    ...others,
    ...(present && { stream: present }),
    ...(key !== undefined && { encryptionKey: key }),
    ...(DeletionProtectionEnabled !== undefined && { isProtected: DeletionProtectionEnabled }),
    ...(TableClass !== undefined && { tableClass: TableClass }),
  };
};

/** Adds what DescribeTable says about the extras. */
export const describeExtras = (scope: Scope, table: string, extras: TableExtras = {}): object => ({
  DeletionProtectionEnabled: extras.isProtected ?? false,
  ...(extras.tableClass !== undefined && { TableClassSummary: { TableClass: extras.tableClass } }),
  ...(extras.encryptionKey === undefined
    ? {}
    : {
        SSEDescription: {
          Status: 'ENABLED',
          SSEType: 'KMS',
          KMSMasterKeyArn: extras.encryptionKey.startsWith('arn:')
            ? extras.encryptionKey
            : `arn:aws:kms:${scope.region}:${scope.account}:key/${extras.encryptionKey || 'aws-dynamodb'}`,
        },
      }),
  ...(extras.stream
    ? {
        StreamSpecification: { StreamEnabled: true, StreamViewType: extras.stream.view },
        LatestStreamLabel: extras.stream.label,
        LatestStreamArn: streamArn(scope, table, extras.stream.label),
      }
    : {}),
});
