import type { Digest } from '../words/digest.ts';

/** An object whose name is the SHA-256 of its bytes; it never changes. */
export interface Artifact {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

export interface ArtifactStore {
  /**
   * Stores bytes under their own digest. What is there already is read and compared, so that a publish never rests on a
   * broken copy.
   * @throws LastgoodError `digest-mismatch` when other bytes stand under this digest
   */
  readonly put: (artifact: Artifact) => Promise<{ readonly digest: Digest; readonly isNew: boolean }>;
  /** @throws LastgoodError `not-found`; `digest-mismatch` when the stored bytes are not the ones that the digest names (R3) */
  readonly get: (digest: Digest) => Promise<Uint8Array>;
  /** Whether something stands under the digest; only `get` tells whether it is whole. */
  readonly has: (digest: Digest) => Promise<boolean>;
}
