import { z } from 'zod';
import { stored } from '../stored.ts';
import type { LastGoodHealth } from '../canary/breaker.ts';
import { ReleaseId } from '../words/digest.ts';
import { Timestamp } from '../words/time.ts';

/** Result of the latest synthetic call through a release that carries no calls (S10). */
export const WarmthProof = z
  .strictObject({ release: ReleaseId, at: Timestamp, ok: z.boolean(), detail: z.string().max(1_000) })
  .readonly();
export type WarmthProof = z.infer<typeof WarmthProof>;
export const storedWarmth = stored(WarmthProof);

/** Longer ago says nothing about now: a shared outage may have begun since. */
const validMs = 120_000;

/** What a proof says about last-good at `nowMs`. */
export const healthOf = (proof: WarmthProof | undefined, nowMs: number): LastGoodHealth => {
  if (proof === undefined || nowMs - Date.parse(proof.at) > validMs) return 'unproven';
  return proof.ok ? 'healthy' : 'unhealthy';
};
