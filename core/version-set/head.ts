import { z } from 'zod';
import { ReleaseId } from '../release/digest.ts';
import { ServiceName, SetName } from '../org/names.ts';

/** Names one promotion: 32 hexadecimal characters, also the name of its execution. */
export const PromotionId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hexadecimal characters')
  .brand<'PromotionId'>();
export type PromotionId = z.infer<typeof PromotionId>;

/** ISO 8601 in UTC with milliseconds, so that it sorts as text. */
export const Timestamp = z.iso.datetime({ precision: 3 });
export type Timestamp = z.infer<typeof Timestamp>;

export const WeightPercent = z.number().min(0).max(100);

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
  })
  .readonly();
export type Candidate = z.infer<typeof Candidate>;

export const transitionKinds = [
  'initialize',
  'start-canary',
  'set-weight',
  'renew-exposure',
  'promote',
  'abort',
  'roll-back',
  'freeze',
  'unfreeze',
] as const;

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
    from: z
      .strictObject({ stable: ReleaseId, candidate: ReleaseId.optional(), weightPercent: WeightPercent })
      .optional(),
    to: z.strictObject({ stable: ReleaseId, candidate: ReleaseId.optional(), weightPercent: WeightPercent }),
  })
  .readonly();
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** The pointer of one version set: what new calls run on. One DynamoDB item, moved by one conditional write. */
export const Head = z
  .strictObject({
    service: ServiceName,
    set: SetName,
    revision: z.int().positive(),
    stable: ReleaseId,
    /** Kept warm while it is not stable, so that going back is one write. Equals `stable` after the first initialize. */
    lastGood: ReleaseId,
    candidate: Candidate.optional(),
    frozen: z.strictObject({ at: Timestamp, by: z.string(), reason: z.string() }).readonly().optional(),
    lastTransition: HistoryEntry,
  })
  .readonly();
export type Head = z.infer<typeof Head>;
