import { createHash } from 'node:crypto';
import type { Arm } from '../words/arm.ts';
import type { ReleaseId } from '../words/digest.ts';
import type { PromotionId } from '../words/ids.ts';
import { effectiveWeight } from './effective-weight.ts';
import type { Head } from './head.ts';
import { activeHoldback } from './holdback.ts';

/** What a new session runs on, and the known probability with which it met that arm. */
export interface Assignment {
  readonly arm: Arm;
  readonly release: ReleaseId;
  /** The comparison that runs, on both arms: of a candidate its promotion, of a holdback its own id. */
  readonly promotionId?: PromotionId;
  /** Probability of the second release at this moment, candidate or last-good, in percent. */
  readonly weightPercent: number;
  /** W of the comparison that runs. @default - none asks */
  readonly outcomeWindowSeconds?: number;
}

/**
 * Chooses the release of a new session. A caller draws one number per comparison, so it stays on its arm while the weight
 * holds, and a growing weight only ever adds callers to the candidate. The next comparison draws anew.
 * @param affinityKey hash of the caller, the unit of assignment
 * @param nowMs epoch milliseconds, for the exposure lease
 */
export const assign = (
  head: Pick<Head, 'stable' | 'candidate' | 'holdback'>,
  affinityKey: string,
  nowMs: number,
): Assignment => {
  const { stable, candidate } = head;
  if (candidate === undefined) return assignHoldback(head, affinityKey);
  const { promotionId, release, outcomeWindowSeconds } = candidate;
  const weightPercent = effectiveWeight(head, nowMs);
  const compared = { promotionId, weightPercent, ...(outcomeWindowSeconds !== undefined && { outcomeWindowSeconds }) };
  const isCandidate = drawOf(promotionId, affinityKey) * 100 < weightPercent;
  return isCandidate ? { arm: 'candidate', release, ...compared } : { arm: 'stable', release: stable, ...compared };
};

const assignHoldback = (head: Pick<Head, 'stable' | 'holdback'>, affinityKey: string): Assignment => {
  const { stable } = head;
  const holdback = activeHoldback(head);
  if (holdback === undefined) return { arm: 'stable', release: stable, weightPercent: 0 };
  const { comparisonId: promotionId, release, weightPercent, outcomeWindowSeconds } = holdback;
  const compared = { promotionId, weightPercent, ...(outcomeWindowSeconds !== undefined && { outcomeWindowSeconds }) };
  return drawOf(promotionId, affinityKey) * 100 < weightPercent
    ? { arm: 'holdback', release, ...compared }
    : { arm: 'stable', release: stable, ...compared };
};

/** Uniform in [0, 1): the first 48 bits of SHA-256, which a double holds exactly. */
const drawOf = (promotionId: PromotionId, affinityKey: string): number =>
  createHash('sha256').update(`${promotionId}:${affinityKey}`).digest().readUIntBE(0, 6) / 2 ** 48;
