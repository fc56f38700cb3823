import type { WarmthStore } from '#core/promotion/warmth-store.ts';
import { storedWarmth, type WarmthProof } from '#core/promotion/warmth.ts';
import { Items } from './items.ts';
import type { MemoryOptions } from './wire.ts';

export const memoryWarmthStore = (options: MemoryOptions): WarmthStore => {
  const proofs = new Items<WarmthProof>({ name: 'warmth', ...options });
  return {
    put: async (proof) =>
      proofs.put(proof.release, storedWarmth.write(proof, `the warmth of release ${proof.release}`)),
    get: (release) => proofs.get(release),
  };
};
