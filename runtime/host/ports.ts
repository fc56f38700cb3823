import type { HostLease } from '../ports.ts';
import type { SessionConfig } from '../agent/ipc.ts';

/** Where releases come from. */
export interface ReleaseSource {
  /** Canonical JSON of a manifest: the bytes that the release id is the digest of. */
  readonly manifest: (releaseId: string) => Promise<string>;
  /** Stored bytes of one part. */
  readonly part: (digest: string) => Promise<Uint8Array>;
}

export interface HostLeases {
  readonly write: (lease: HostLease) => Promise<void>;
  readonly remove: (lease: Pick<HostLease, 'service' | 'releaseId' | 'hostId'>) => Promise<void>;
}

/** Effective configuration of a customer on this host's release (O1). */
export interface ConfigSource {
  readonly resolve: (customerId: string) => Promise<SessionConfig>;
}

/** Keeps transcripts by digest in the artifact bucket. */
export interface TranscriptStore {
  readonly put: (customerId: string, digest: string, text: string) => Promise<void>;
}
