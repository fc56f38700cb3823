import { z } from 'zod';
import { stored } from '../stored.ts';
import { HoldbackPercent, WeightPercent } from '../words/arm.ts';
import { ReleaseId } from '../words/digest.ts';
import { PromotionId } from '../words/ids.ts';
import { ServiceName, SetName } from '../words/names.ts';
import { OutcomeWindowSeconds, Timestamp } from '../words/time.ts';
import { Consequence } from './consequence.ts';

/** The release under test. */
export const Candidate = z
  .strictObject({
    release: ReleaseId,
    promotionId: PromotionId,
    /** Share of new callers that meet the candidate. */
    weightPercent: WeightPercent,
    startedAt: Timestamp,
    /**
     * Exposure is a lease: past this moment every edge uses `fallbackWeightPercent` on its own. The evaluator
     * renews it with each analysis that had its evidence in time; a dead evaluator renews nothing.
     */
    exposureUntil: Timestamp,
    fallbackWeightPercent: WeightPercent,
    /** W of the plan. @default - the calls are not vouched for */
    outcomeWindowSeconds: OutcomeWindowSeconds.optional(),
  })
  .readonly();
export type Candidate = z.infer<typeof Candidate>;

/**
 * After a promotion, while last-good is pinned: the callers that stay on it, so that stable goes on being compared. It is no lease: a dead
 * evaluator leaves callers on the release that is known to be good.
 */
export const Holdback = z
  .strictObject({
    /** Last-good. */
    release: ReleaseId,
    /** The promotion that brought stable: its plan and what it measured are what stable is held to. */
    promotionId: PromotionId,
    /** Names the comparison in the records of its sessions; each change of weight begins a new one. */
    comparisonId: PromotionId,
    /** Share of new callers on last-good; 0 while it rests: after the watch time, and while a canary runs. */
    weightPercent: HoldbackPercent,
    /** When this comparison began. */
    startedAt: Timestamp,
    /** The share during the watch time. */
    watchPercent: HoldbackPercent,
    /** End of the watch time. */
    until: Timestamp,
    /** W of the plan. @default - the calls are not vouched for */
    outcomeWindowSeconds: OutcomeWindowSeconds.optional(),
    /** Since when and why half of the callers are on last-good, until the comparison says `worse` or `no worse`. */
    suspected: z
      .strictObject({ at: Timestamp, by: z.string(), reason: z.string().max(2_000) })
      .readonly()
      .optional(),
  })
  .readonly();
export type Holdback = z.infer<typeof Holdback>;

/** Commands that make a new revision. Renewing the exposure lease makes none: see `renew-exposure` in command.ts. */
export const transitionKinds = [
  'initialize',
  'publish',
  'start-canary',
  'set-weight',
  'promote',
  'suspect',
  'clear',
  'end-holdback',
  'abort',
  'roll-back',
  'restore',
  'freeze',
  'unfreeze',
] as const;
export type TransitionKind = (typeof transitionKinds)[number];

/** What new callers meet: the part of a head that history is about. */
export const Placement = z.strictObject({
  stable: ReleaseId,
  candidate: ReleaseId.optional(),
  /** Last-good, while it has callers beside stable. Never together with a candidate. */
  holdback: ReleaseId.optional(),
  /** Of the second release, whichever it is. */
  weightPercent: WeightPercent,
});
export type Placement = z.infer<typeof Placement>;

/** Who moved the pointer, from what to what, when, why and on what evidence (S15). */
export const HistoryEntry = z
  .strictObject({
    revision: z.int().positive(),
    kind: z.enum(transitionKinds),
    at: Timestamp,
    /** A person, role or component: `ci:deploy-bot`, `lambda:analyze`, `alarm:lastgood-appointments-candidate-worse`. */
    by: z.string().min(1).max(256),
    reason: z.string().max(2_000),
    promotionId: PromotionId.optional(),
    /** Key of the decision record that justified it. */
    evidence: z.string().max(256).optional(),
    /** A roll-back that was an exercise: it counts in no rate and `restore` undoes it. */
    drill: z.literal(true).optional(),
    /** Absent in revision 1. Otherwise the `to` of the entry before. */
    from: Placement.optional(),
    to: Placement,
    /** What must follow it, and is carried out in this order (`outbox.ts`). @default - nothing */
    follows: z.array(Consequence).readonly().optional(),
  })
  .readonly();
export type HistoryEntry = z.infer<typeof HistoryEntry>;
export const storedHistoryEntry = stored(HistoryEntry);

/** How the latest promotion that is over ended; it answers that promotion's late and repeated commands. */
export const EndedPromotion = z
  .strictObject({
    promotionId: PromotionId,
    release: ReleaseId,
    outcome: z.enum(['promoted', 'aborted', 'rolled-back']),
  })
  .readonly();
export type EndedPromotion = z.infer<typeof EndedPromotion>;

/** The pointer of one version set: what new calls run on. One DynamoDB item, moved by one conditional write. */
export const Head = z
  .strictObject({
    service: ServiceName,
    set: SetName,
    revision: z.int().positive(),
    stable: ReleaseId,
    /**
     * Kept warm while it is not stable, so that going back is one write. Equals `stable` after initialize and after a
     * roll-back: the release that callers had to leave is nobody's last-good.
     */
    lastGood: ReleaseId,
    candidate: Candidate.optional(),
    /** From the promotion of stable until callers leave it. */
    holdback: Holdback.optional(),
    frozen: z.strictObject({ at: Timestamp, by: z.string(), reason: z.string() }).readonly().optional(),
    /** On `edge` only: when stable was first published, so that an older release never replaces it. */
    stablePublishedAt: Timestamp.optional(),
    lastPromotion: EndedPromotion.optional(),
    /**
     * Revision of the latest transition after which a promotion's checks no longer hold: `start-canary` is refused when
     * its checks saw an older one. Freezing does not move it. @default - `revision`
     */
    fence: z.int().positive().optional(),
    lastTransition: HistoryEntry,
  })
  .readonly();
export type Head = z.infer<typeof Head>;
export const storedHead = stored(Head);

/** True when `promotionId` is the latest promotion that is over, and ended so. */
export const endedAs = (head: Head, promotionId: PromotionId, outcome: EndedPromotion['outcome']): boolean =>
  head.lastPromotion?.promotionId === promotionId && head.lastPromotion.outcome === outcome;
