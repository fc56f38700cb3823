import { z } from 'zod';
import { stored } from '../stored.ts';
import type { ReleaseStanding } from '../version-set/command.ts';
import { ReleaseId } from '../words/digest.ts';
import { ServiceName } from '../words/names.ts';
import { Timestamp } from '../words/time.ts';
import type { Manifest } from './manifest.ts';
import { VersionLabel } from './version-label.ts';

/** A registered release, as lists show it. */
export const ReleaseSummary = z.strictObject({
  releaseId: ReleaseId,
  service: ServiceName,
  version: VersionLabel,
  publishedAt: Timestamp,
  publishedBy: z.string(),
});
export type ReleaseSummary = z.infer<typeof ReleaseSummary>;
export const storedSummary = stored(ReleaseSummary);

export interface RegisteredRelease extends ReleaseSummary {
  readonly manifest: Manifest;
}

export interface Registration {
  readonly releaseId: ReleaseId;
  /** RFC 8785 canonical JSON, whose SHA-256 is the id. */
  readonly manifest: string;
  readonly publishedAt: Timestamp;
  readonly publishedBy: string;
}

export interface ReleaseRegistry {
  /**
   * Registers a release for ever (R4). The same id again changes nothing and answers with the first registration.
   * @throws LastgoodError `version-taken`, `digest-mismatch`, `invalid-input`
   */
  readonly register: (
    registration: Registration,
  ) => Promise<{ readonly isNew: boolean; readonly release: RegisteredRelease }>;
  readonly get: (releaseId: ReleaseId) => Promise<RegisteredRelease | undefined>;
  /** The manifest as it was registered, byte for byte: what the release id is the digest of. @throws LastgoodError `not-found` */
  readonly manifestText: (releaseId: ReleaseId) => Promise<string>;
  /**
   * Finds a release by version label, id, or the beginning of its id (8 characters or more).
   * @throws LastgoodError `unknown-name` with the newest labels there are, or with the ids that begin so
   */
  readonly resolve: (service: ServiceName, name: string) => Promise<RegisteredRelease>;
  /** Newest first. @param limit @default 1000 */
  readonly list: (service: ServiceName, limit?: number) => Promise<readonly ReleaseSummary[]>;
  /** Whether a release may come before callers. */
  readonly standing: (releaseId: ReleaseId) => Promise<ReleaseStanding>;
}
