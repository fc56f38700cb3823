import { z } from 'zod';
import { stored } from '../stored.ts';
import { ReleaseId } from '../words/digest.ts';
import type { PromotionId } from '../words/ids.ts';
import type { ServiceName } from '../words/names.ts';
import { Timestamp } from '../words/time.ts';
import { PromotionInput } from './promotion-input.ts';

/** How a promotion ended, once. */
export const PromotionEnd = z
  .strictObject({
    outcome: z.enum(['promoted', 'aborted']),
    reason: z.string().max(4_000),
    /** Step of the workflow that ended it, or what flipped the head from outside. */
    by: z.string().max(256),
    endedAt: Timestamp,
  })
  .readonly();
export type PromotionEnd = z.infer<typeof PromotionEnd>;
export const storedPromotionEnd = stored(PromotionEnd);

/** One promotion: what was asked, where it runs, how it ended. */
export const PromotionRecord = z
  .strictObject({
    input: PromotionInput,
    executionArn: z.string(),
    startedAt: Timestamp,
    /** Stable when the promotion was asked for: what the candidate is compared with. */
    incumbent: ReleaseId.optional(),
    end: PromotionEnd.optional(),
  })
  .readonly();
export type PromotionRecord = z.infer<typeof PromotionRecord>;
export const storedPromotion = stored(PromotionRecord);

/** One analysis that said something new. `record` is everything that recomputing it needs, as the canary defines it. */
export const Decision = z
  .strictObject({
    number: z.int().positive(),
    at: Timestamp,
    verdict: z.enum(['promote', 'abort', 'hold', 'unknown']),
    reason: z.string().max(4_000),
    record: z.json(),
  })
  .readonly();
export type Decision = z.infer<typeof Decision>;
export const storedDecision = stored(Decision);

/** Why a start of a promotion that is over is no start, and what to do. */
export const overText = (
  { version, service, set, attempt }: Pick<PromotionInput, 'version' | 'service' | 'set' | 'attempt'>,
  { outcome, endedAt, reason }: PromotionEnd,
  nextAttempt: number,
): string =>
  `attempt ${attempt} to promote ${version} to ${service}/${set} is over: ${outcome} at ${endedAt} (${reason}). ` +
  `To try again, start attempt ${nextAttempt}: --attempt ${nextAttempt}`;

export interface PromotionStore {
  /** Records a promotion; the first record stays. @returns false when there was one */
  readonly record: (promotion: PromotionRecord) => Promise<boolean>;
  readonly get: (promotionId: PromotionId) => Promise<PromotionRecord | undefined>;
  /** The first end is the end. @returns false when it had ended, or was never recorded */
  readonly end: (promotionId: PromotionId, end: PromotionEnd) => Promise<boolean>;
  /** Newest first. @param limit @default 100 */
  readonly listByService: (service: ServiceName, limit?: number) => Promise<readonly PromotionId[]>;
  /** Adds a decision with the next number. @returns its key, which goes into the history entry as evidence */
  readonly decide: (
    promotionId: PromotionId,
    decision: Omit<Decision, 'number'>,
  ) => Promise<{ readonly key: string; readonly decision: Decision }>;
  /** Newest first. @param limit @default 1000 */
  readonly decisions: (promotionId: PromotionId, limit?: number) => Promise<readonly Decision[]>;
}

/** How history and evidence name a decision: partition and sort key of its item. */
export const decisionKey = (promotionId: PromotionId, number: number): string =>
  `PROMOTION#${promotionId}/DECISION#${String(number).padStart(10, '0')}`;
