import { z } from 'zod';
import { CanaryPlan } from '../canary/plan.ts';
import { VersionLabel } from '../release/version-label.ts';
import { digestOf, ReleaseId } from '../words/digest.ts';
import { PromotionId } from '../words/ids.ts';
import { OrgName, ServiceName, SetName } from '../words/names.ts';

/** Most tries of one release on one set. */
export const maxAttempt = 1_000;

/** What the promotion's state machine starts with. Step Functions allows 262,144 bytes; this stays below 20,000. */
export const PromotionInput = z
  .strictObject({
    promotionId: PromotionId,
    org: OrgName,
    service: ServiceName,
    set: SetName,
    release: ReleaseId,
    version: VersionLabel,
    /** Whole, so that a plan file may change while its promotion runs. */
    plan: CanaryPlan,
    requestedBy: z.string().min(1).max(256),
    /** 1 for the first try of this release on this set; another number is another promotion. */
    attempt: z.int().positive().max(maxAttempt),
    /** How often the promotion went on in a new execution, before the history limit of the last one. */
    continuation: z.int().nonnegative().max(10_000),
  })
  .readonly();
export type PromotionInput = z.infer<typeof PromotionInput>;

/**
 * The same start twice is the same promotion (S3): its id is a digest of what is promoted where, and the name of its
 * first execution.
 */
export const promotionIdOf = ({
  org,
  service,
  set,
  release,
  attempt,
}: Pick<PromotionInput, 'org' | 'service' | 'set' | 'release' | 'attempt'>): PromotionId =>
  PromotionId.parse(digestOf(JSON.stringify([org, service, set, release, attempt])).slice(0, 32));

/** Step Functions allows 80 characters. The first execution is named by the promotion, a later one adds its number. */
export const executionNameOf = ({
  promotionId,
  continuation,
}: Pick<PromotionInput, 'promotionId' | 'continuation'>): string =>
  continuation === 0 ? promotionId : `${promotionId}-${continuation}`;
