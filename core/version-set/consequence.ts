import { z } from 'zod';
import { ReleaseId } from '../words/digest.ts';
import { PromotionId } from '../words/ids.ts';

/**
 * What must follow a transition. It stands in the transition's history entry, so that one write decides both, and is carried out
 * by one consumer of the registry's stream: who, when and why are those of the entry.
 */
export const Consequence = z.discriminatedUnion('kind', [
  /** Bars the release by its digest (R9). */
  z.strictObject({
    kind: z.literal('quarantine'),
    release: ReleaseId,
    /** The promotion that showed it to be bad. @default - it was stable */
    promotionId: PromotionId.optional(),
  }),
  /** Records how a promotion ended. */
  z.strictObject({
    kind: z.literal('end-promotion'),
    promotionId: PromotionId,
    outcome: z.enum(['promoted', 'aborted']),
  }),
  /** Tells people how a promotion ended. */
  z.strictObject({
    kind: z.literal('page-promotion'),
    promotionId: PromotionId,
    page: z.enum(['promoted', 'aborted']),
  }),
  /** Tells people that half of the callers are on last-good, because stable looks worse than it was. */
  z.strictObject({ kind: z.literal('page-suspicion'), release: ReleaseId }),
  /** Tells people that callers left stable. */
  z.strictObject({
    kind: z.literal('page-roll-back'),
    /** The release that they left. */
    release: ReleaseId,
    /** The promotion that ended with it. @default - none ran */
    promotionId: PromotionId.optional(),
  }),
]);
export type Consequence = z.infer<typeof Consequence>;
