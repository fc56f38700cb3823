import { z } from 'zod';
import { HoldbackPercent, WeightPercent } from '../words/arm.ts';
import { ReleaseId } from '../words/digest.ts';
import { PromotionId } from '../words/ids.ts';
import type { ServiceName, SetName } from '../words/names.ts';
import { Reason } from '../words/reason.ts';
import { OutcomeWindowSeconds, Timestamp } from '../words/time.ts';

/** Refuses the command when the head has moved since the caller read it. @default - no such condition */
const expectedRevision = z.int().positive().optional();

/** Bars the release that callers leave, because it was measured to be bad. @default - nothing is said against it */
const quarantine = z.literal(true).optional();

/** What may be asked of a head. Repeating any of them is a no-op. */
export const Command = z.discriminatedUnion('kind', [
  /** The first release of a set. There is no incumbent to compare it with, so there is no canary. */
  z.strictObject({
    kind: z.literal('initialize'),
    release: ReleaseId,
    reason: Reason,
    promotionId: PromotionId.optional(),
  }),
  /** A set that is not production follows a published release: `edge` by itself, other sets by name (S1). */
  z.strictObject({
    kind: z.literal('publish'),
    release: ReleaseId,
    /** When the release was first published: `edge` never moves back to an older one. */
    publishedAt: Timestamp,
    reason: Reason,
    expectedRevision,
  }),
  z.strictObject({
    kind: z.literal('start-canary'),
    promotionId: PromotionId,
    release: ReleaseId,
    weightPercent: WeightPercent,
    exposureUntil: Timestamp,
    /** The revision that the checks of this promotion saw. Late starts of an ended promotion are refused by it. */
    seenRevision: z.int().positive(),
    /** W of the plan. */
    outcomeWindowSeconds: OutcomeWindowSeconds.optional(),
    reason: Reason,
  }),
  z.strictObject({
    kind: z.literal('set-weight'),
    promotionId: PromotionId,
    weightPercent: WeightPercent,
    exposureUntil: Timestamp,
    /** Required: a late step up must not undo a step down that came after its decision. */
    expectedRevision: z.int().positive(),
    reason: Reason,
    evidence: z.string().max(256).optional(),
  }),
  /**
   * Prolongs the exposure lease. Not a transition: it changes `exposureUntil` alone, under the same revision, because one
   * every 10 seconds would bury what history is for.
   */
  z.strictObject({ kind: z.literal('renew-exposure'), promotionId: PromotionId, exposureUntil: Timestamp }),
  z.strictObject({
    kind: z.literal('promote'),
    promotionId: PromotionId,
    /** Only a verdict that says `promote` can be written here (invariant 5). */
    evidence: z.strictObject({
      verdict: z.literal('promote'),
      /** Key of the decision record. */
      decision: z.string().min(1).max(256),
      decidedAt: Timestamp,
    }),
    /** Callers who stay on what was stable, and for how long. @default - none, until suspicion moves some there */
    holdback: z.strictObject({ weightPercent: HoldbackPercent, until: Timestamp }).readonly().optional(),
    reason: Reason,
    expectedRevision,
  }),
  /**
   * Half of the new callers go to last-good, where the comparison begins anew. It is going back, so a frozen head allows it, and it
   * blames nobody.
   */
  z.strictObject({
    kind: z.literal('suspect'),
    /** The comparison that stood when it was decided. */
    comparisonId: PromotionId,
    /** W of the plan. @default - as it stands */
    outcomeWindowSeconds: OutcomeWindowSeconds.optional(),
    reason: Reason,
  }),
  /** Ends the suspicion: stable was shown no worse, so its callers return. */
  z.strictObject({
    kind: z.literal('clear'),
    comparisonId: PromotionId,
    reason: Reason,
    evidence: z.string().max(256).optional(),
  }),
  /** The watch time is over: all new callers meet stable. Last-good stays pinned, and suspicion may move callers to it again. */
  z.strictObject({ kind: z.literal('end-holdback'), comparisonId: PromotionId, reason: Reason }),
  z.strictObject({
    kind: z.literal('abort'),
    promotionId: PromotionId,
    reason: Reason,
    evidence: z.string().max(256).optional(),
    quarantine,
    expectedRevision,
  }),
  z.strictObject({
    kind: z.literal('roll-back'),
    /**
     * The release that callers must leave. Once they have left it, nothing moves, so the command is safe to send twice and
     * from several places. @default - what the latest promotion brought, unless the set has gone back since
     */
    from: ReleaseId.optional(),
    reason: Reason,
    evidence: z.string().max(256).optional(),
    /** An exercise: counted apart, bars nothing, and `restore` undoes it. */
    drill: z.literal(true).optional(),
    quarantine,
    expectedRevision,
  }),
  /** Ends a drill: the release that the drill left is stable again, on the evidence it already has. */
  z.strictObject({ kind: z.literal('restore'), release: ReleaseId, reason: Reason, expectedRevision }),
  z.strictObject({ kind: z.literal('freeze'), reason: Reason, expectedRevision }),
  z.strictObject({ kind: z.literal('unfreeze'), reason: Reason, expectedRevision }),
]);
export type Command = z.infer<typeof Command>;
export type CommandKind = Command['kind'];

/** The commands that a person or workflow means when it says "move the head". */
export type CommandOf<Kind extends CommandKind> = Extract<Command, { kind: Kind }>;

/** What the registry says about a release. */
export type ReleaseStanding = 'registered' | 'quarantined' | 'unknown';

/** Everything that a decision needs beside the head and the command: core reads no clock and no table. */
export interface CommandContext {
  readonly service: ServiceName;
  readonly set: SetName;
  readonly at: Timestamp;
  /** A person, role or component: `ci:deploy-bot`, `lambda:analyze`. */
  readonly by: string;
  /** Asked only about the release that `entering` (refusal.ts) names. */
  readonly standing: (release: ReleaseId) => ReleaseStanding;
}
