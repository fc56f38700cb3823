import { createHash } from 'node:crypto';
import type { Arm } from '../words/arm.ts';
import type { ReleaseId } from '../words/digest.ts';
import type { PromotionId } from '../words/ids.ts';
import { effectiveWeight } from './effective-weight.ts';
import type { Head } from './head.ts';

/** What a new session runs on, and the known probability with which it met that arm. */
export interface Assignment {
  readonly arm: Arm;
  readonly release: ReleaseId;
  /** Present while a canary runs, on both arms. */
  readonly promotionId?: PromotionId;
  /** Probability of the candidate at this moment, in percent. */
  readonly weightPercent: number;
  /** W of the comparison that runs. @default - none asks */
  readonly outcomeWindowSeconds?: number;
}

/**
 * Chooses the release of a new session. A caller draws one number per promotion, so it stays on its arm while the weight
 * holds, and a growing weight only ever adds callers to the candidate. The next promotion draws anew.
 * @param affinityKey hash of the caller, the unit of assignment
 * @param nowMs epoch milliseconds, for the exposure lease
 */
export const assign = (head: Pick<Head, 'stable' | 'candidate'>, affinityKey: string, nowMs: number): Assignment => {
  const { stable, candidate } = head;
  if (candidate === undefined) return { arm: 'stable', release: stable, weightPercent: 0 };
  const { promotionId, release, outcomeWindowSeconds } = candidate;
  const weightPercent = effectiveWeight(head, nowMs);
  const compared = { promotionId, weightPercent, ...(outcomeWindowSeconds !== undefined && { outcomeWindowSeconds }) };
  const isCandidate = drawOf(promotionId, affinityKey) * 100 < weightPercent;
  return isCandidate ? { arm: 'candidate', release, ...compared } : { arm: 'stable', release: stable, ...compared };
};

/** Uniform in [0, 1): the first 48 bits of SHA-256, which a double holds exactly. */
const drawOf = (promotionId: PromotionId, affinityKey: string): number =>
  createHash('sha256').update(`${promotionId}:${affinityKey}`).digest().readUIntBE(0, 6) / 2 ** 48;
