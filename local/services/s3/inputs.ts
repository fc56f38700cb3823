import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { ObjectStore } from './object-store.ts';

/** One call on a bucket or an object, addressed in path style. */
export interface S3Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly bucket: string;
  readonly key: string;
  readonly objects: ObjectStore;
  readonly nowMs: number;
}

/** Headers that are kept with an object and come back with it. */
export const storedHeaders = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
] as const;

const text = z.string().optional();
const date = z
  .string()
  .refine((value) => Number.isFinite(Date.parse(value)), 'it is no date')
  .optional();

/** The checksums that the embedded cloud computes; the SDK sends CRC32 by default. */
const algorithm = z.enum(['CRC32', 'SHA256']).optional();
const checksums = {
  'content-md5': text,
  'x-amz-sdk-checksum-algorithm': algorithm,
  'x-amz-checksum-algorithm': algorithm,
  'x-amz-checksum-crc32': text,
  'x-amz-checksum-sha256': text,
};

export const NoParameters = z.strictObject({ 'content-type': text });

export const PutObject = z.strictObject({
  ...checksums,
  'content-type': text,
  'cache-control': text,
  'content-disposition': text,
  'content-encoding': text,
  'content-language': text,
  expires: text,
  'if-match': text,
  'if-none-match': z.literal('*', 'S3 writes under If-None-Match: * only').optional(),
  'x-amz-storage-class': z.literal('STANDARD').optional(),
});
export type PutObject = z.infer<typeof PutObject>;

export const GetObject = z.strictObject({
  range: text,
  'if-match': text,
  'if-none-match': text,
  'if-modified-since': date,
  'if-unmodified-since': date,
  'x-amz-checksum-mode': z.literal('ENABLED').optional(),
});
export type GetObject = z.infer<typeof GetObject>;

export const DeleteObjects = z.strictObject({ ...checksums, 'content-type': text, delete: z.literal('') });
export type DeleteObjects = z.infer<typeof DeleteObjects>;

export const ListObjectsV2 = z.strictObject({
  'list-type': z.literal('2', 'the embedded cloud knows version 2 of ListObjects'),
  prefix: z.string().default(''),
  delimiter: z.string().default(''),
  'max-keys': z
    .string()
    .regex(/^\d{1,9}$/, 'it is no number of keys')
    .default('1000')
    .transform(Number),
  'continuation-token': text,
  'start-after': z.string().default(''),
  'encoding-type': z.literal('url').optional(),
  'fetch-owner': z.literal('false').optional(),
});
export type ListObjectsV2 = z.infer<typeof ListObjectsV2>;
