import { createHash } from 'node:crypto';
import { z } from 'zod';

/** SHA-256 as 64 lower-case hexadecimal characters. */
export const Digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 digest of 64 lower-case hexadecimal characters')
  .brand<'Digest'>();
export type Digest = z.infer<typeof Digest>;

/** The id of a release: the digest of its canonical manifest. */
export const ReleaseId = Digest.brand<'ReleaseId'>();
export type ReleaseId = z.infer<typeof ReleaseId>;

/** Digest of bytes, or of a string's UTF-8. */
export const digestOf = (bytes: Uint8Array | string): Digest =>
  Digest.parse(createHash('sha256').update(bytes).digest('hex'));

/** First 12 characters, for people: long enough to be unique among an org's releases. */
export const shortId = (id: string): string => id.slice(0, 12);
