import { z } from 'zod';
import { type FieldType, loadAction } from './dynalite.ts';

/**
 * What an operation of dynalite takes, strict at every depth: dynalite itself drops what it does not know. Types and
 * ranges of the values are dynalite's to check, which words its refusals as DynamoDB does.
 * @param name starts lower-case, as dynalite's files do
 */
export const dynaliteShape = (name: string): Record<string, z.ZodType> => shapeOf(loadAction(name).rules.types);

const shapeOf = (types: Readonly<Record<string, FieldType>>): Record<string, z.ZodType> =>
  Object.fromEntries(Object.entries(types).map(([name, type]) => [name, schemaOf(type).nullish()]));

const schemaOf = (field: FieldType): z.ZodType => {
  if (typeof field === 'string' || field.children === undefined || typeof field.children === 'string')
    return z.unknown();
  // The children of a list or map are one type, which has a `type`; those of a structure are its members.
  if (/^(Value|Field)Struct</.test(field.type)) return z.strictObject(shapeOf(field.children as StructChildren));
  const child = schemaOf(field.children as FieldType);
  return field.type.endsWith('List') ? z.array(child) : z.record(z.string(), child);
};

type StructChildren = Readonly<Record<string, FieldType>>;

const StreamViewType = z.enum(['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES']);
export type StreamViewType = z.infer<typeof StreamViewType>;

/** Settings of a table that dynalite does not have. */
const settings = {
  StreamSpecification: z
    .strictObject({ StreamEnabled: z.boolean(), StreamViewType: StreamViewType.optional() })
    .refine((stream) => stream.StreamEnabled === (stream.StreamViewType !== undefined), {
      message: 'an enabled stream has a StreamViewType, a disabled one has none',
    })
    .optional(),
  SSESpecification: z
    .strictObject({
      Enabled: z.boolean().optional(),
      SSEType: z.literal('KMS').optional(),
      KMSMasterKeyId: z.string().min(1).optional(),
    })
    .optional(),
  DeletionProtectionEnabled: z.boolean().optional(),
  TableClass: z.enum(['STANDARD', 'STANDARD_INFREQUENT_ACCESS']).optional(),
};

const TableSettings = z.object(settings);
export type TableSettings = z.infer<typeof TableSettings>;

const tags = z.array(z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256) })).max(50);

const TableName = z
  .string()
  .regex(/^[a-zA-Z0-9_.-]{3,255}$/, 'a table name has 3 to 255 of the characters a-z A-Z 0-9 _ . -');

export const CreateTable = z.strictObject({
  ...dynaliteShape('createTable'),
  TableName: z.string(),
  ...settings,
  Tags: tags.optional(),
});

/** Indexes are changed by templates, capacity has no effect here. */
export const UpdateTable = z
  .strictObject({ TableName, ...settings })
  .refine(
    ({ TableName: _name, ...changes }) => Object.values(changes).some((change) => change !== undefined),
    `it changes nothing; one of ${Object.keys(settings).join(', ')} is required`,
  );

export const TableInput = z.strictObject({ TableName });

export const UpdateTimeToLive = z.strictObject({
  TableName,
  TimeToLiveSpecification: z.strictObject({ Enabled: z.boolean(), AttributeName: z.string().min(1).max(255) }),
});

/** Every read of the embedded cloud is consistent, so a scan may ask for it. */
export const Scan = z
  .strictObject({
    ...dynaliteShape('scan'),
    Segment: z.unknown().optional(),
    TotalSegments: z.unknown().optional(),
    ConsistentRead: z.boolean().nullish(),
  })
  .refine(
    (scan) => (scan.Segment === undefined) === (scan.TotalSegments === undefined),
    'Segment and TotalSegments are required together',
  );
