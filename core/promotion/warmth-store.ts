import type { ReleaseId } from '../words/digest.ts';
import type { WarmthProof } from './warmth.ts';

export interface WarmthStore {
  /** Replaces the proof before it. */
  readonly put: (proof: WarmthProof) => Promise<void>;
  readonly get: (release: ReleaseId) => Promise<WarmthProof | undefined>;
}
