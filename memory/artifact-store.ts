import { LastgoodError } from '#core/errors.ts';
import type { Artifact, ArtifactStore } from '#core/release/artifact-store.ts';
import { type Digest, digestOf } from '#core/words/digest.ts';
import { type MemoryOptions, operate } from './wire.ts';

/** The largest object that is read; a release's parts are far smaller. */
const maxBytes = 200_000_000;

/** All objects together. */
const maxTotalBytes = 2_000_000_000;

export interface MemoryArtifactStore extends ArtifactStore {
  /** Puts bytes under a digest, right or wrong: what somebody with access to the bucket could do. */
  readonly plant: (digest: Digest, bytes: Uint8Array) => void;
}

export const memoryArtifactStore = ({ wire }: MemoryOptions): MemoryArtifactStore => {
  const objects = new Map<Digest, Uint8Array>();
  let total = 0;
  const plant = (digest: Digest, bytes: Uint8Array): void => {
    total += bytes.byteLength - (objects.get(digest)?.byteLength ?? 0);
    if (total > maxTotalBytes) {
      throw new LastgoodError(
        'disk-full',
        `the artifacts in memory have more than ${maxTotalBytes} bytes, their limit`,
      );
    }
    objects.set(digest, Uint8Array.from(bytes));
  };
  const get = (digest: Digest): Promise<Uint8Array> =>
    operate(wire, { store: 'artifacts', kind: 'read', key: digest }, () => verified(digest, objects.get(digest)));
  const putOnce = ({ bytes }: Artifact, digest: Digest): Promise<boolean> =>
    operate(wire, { store: 'artifacts', kind: 'write', key: digest }, () => {
      const isNew = !objects.has(digest);
      if (isNew) plant(digest, bytes);
      return isNew;
    });
  return {
    plant,
    get,
    has: (digest) => operate(wire, { store: 'artifacts', kind: 'read', key: digest }, () => objects.has(digest)),
    put: async (artifact) => {
      const digest = digestOf(artifact.bytes);
      const isNew = await putOnce(artifact, digest);
      if (!isNew) await get(digest);
      return { digest, isNew };
    },
  };
};

const verified = (digest: Digest, bytes: Uint8Array | undefined): Uint8Array => {
  if (bytes === undefined)
    throw new LastgoodError('not-found', `memory holds no artifact ${digest}; publish its release again`);
  const actual = digestOf(bytes);
  if (bytes.byteLength <= maxBytes && actual === digest) return Uint8Array.from(bytes);
  throw new LastgoodError(
    'digest-mismatch',
    `memory holds ${bytes.byteLength} bytes with digest ${actual} under the name ${digest}; they are not used`,
    { details: { expected: digest, actual } },
  );
};
