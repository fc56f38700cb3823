import { z } from 'zod';
import { stored } from '../stored.ts';
import type { ReleaseId } from '../words/digest.ts';
import { PromotionId } from '../words/ids.ts';
import { Reason } from '../words/reason.ts';
import { Timestamp } from '../words/time.ts';

/** What is known about a release beside what it is: eval reports, approvals, replay reports, overrides. */
export const Evidence = z
  .strictObject({
    /** `evals`, `approval`, `replay`, `override` */
    kind: z.string().regex(/^[a-z][a-z-]{0,31}$/, 'a kind of evidence is kebab-case'),
    /** Unique within its kind and release. */
    id: z.string().min(1).max(128),
    /** What was run. A suite that is run again is evidence of its own, and the newest one counts. @default - `id` */
    suite: z.string().min(1).max(128).optional(),
    at: Timestamp,
    by: z.string().min(1).max(256),
    passed: z.boolean(),
    /** One line for people. */
    summary: z.string().max(500),
    /** The report itself, or where it is by digest. */
    report: z.json(),
  })
  .readonly();
export type Evidence = z.infer<typeof Evidence>;
export const storedEvidence = stored(Evidence);

/** The newest of each suite, which is what counts of it; of two at one moment, the one that did not pass. In the order given. */
export const newestPerSuite = (evidence: readonly Evidence[]): readonly Evidence[] => {
  const newest = new Map<string, Evidence>();
  for (const one of evidence) {
    const known = newest.get(suiteOf(one));
    if (known === undefined || one.at > known.at || (one.at === known.at && !one.passed)) newest.set(suiteOf(one), one);
  }
  return evidence.filter((one) => newest.get(suiteOf(one)) === one);
};

const suiteOf = ({ kind, id, suite = id }: Evidence): string => `${kind}#${suite}`;

export const Quarantine = z
  .strictObject({
    reason: Reason,
    promotionId: PromotionId.optional(),
    at: Timestamp,
    by: z.string().min(1).max(256),
    overriddenAt: Timestamp.optional(),
    overriddenBy: z.string().optional(),
    overrideReason: z.string().optional(),
  })
  .readonly();
export type Quarantine = z.infer<typeof Quarantine>;
export const storedQuarantine = stored(Quarantine);

export interface ReleaseEvidence {
  /** Attaches evidence; the same kind and id again changes nothing. @returns false when it was there */
  readonly attach: (releaseId: ReleaseId, evidence: Evidence) => Promise<boolean>;
  /** By kind and id. @param kind @default - every kind */
  readonly list: (releaseId: ReleaseId, kind?: string) => Promise<readonly Evidence[]>;
  /**
   * Bars a release from going before callers (R9). One that is barred stays as it is; one whose bar was overridden is
   * barred again, unless this is the same promotion's quarantine told twice.
   * @returns false when nothing changed
   */
  readonly quarantine: (
    releaseId: ReleaseId,
    quarantine: Pick<Quarantine, 'reason' | 'promotionId' | 'at' | 'by'>,
  ) => Promise<boolean>;
  readonly quarantineOf: (releaseId: ReleaseId) => Promise<Quarantine | undefined>;
  /**
   * Lifts a quarantine, and attaches that as evidence for good.
   * @throws LastgoodError `not-found` when the release is not quarantined
   */
  readonly override: (
    releaseId: ReleaseId,
    override: { readonly at: Timestamp; readonly by: string; readonly reason: string },
  ) => Promise<void>;
}
