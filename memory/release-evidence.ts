import { LastgoodError } from '#core/errors.ts';
import {
  type Evidence,
  type Quarantine,
  type ReleaseEvidence,
  storedEvidence,
  storedQuarantine,
} from '#core/evidence/release-evidence.ts';
import { type ReleaseId, shortId } from '#core/words/digest.ts';
import { Items } from './items.ts';
import type { MemoryOptions } from './wire.ts';

/** Most evidence of a release that one question reads. */
const maxEvidence = 1_000;

export interface MemoryEvidence extends ReleaseEvidence {
  readonly quarantines: Items<Quarantine>;
}

export const memoryEvidence = (options: MemoryOptions): MemoryEvidence => {
  const evidence = new Items<Evidence>({ name: 'evidence', ...options });
  const quarantines = new Items<Quarantine>({ name: 'quarantines', ...options });
  const attach = (releaseId: ReleaseId, one: Evidence) => {
    const { kind, id } = one;
    return evidence.putOnce(`${releaseId}#${kind}#${id}`, storedEvidence.write(one, 'the evidence'));
  };
  return {
    quarantines,
    attach: async (releaseId, one) => attach(releaseId, one),
    list: (releaseId, kind) =>
      evidence.list(kind === undefined ? `${releaseId}#` : `${releaseId}#${kind}#`, maxEvidence),
    quarantine: async (releaseId, { reason, promotionId, at, by }) => {
      const asked = { reason, ...(promotionId !== undefined && { promotionId }), at, by };
      const next = storedQuarantine.write(asked, `the quarantine of release ${shortId(releaseId)}`);
      return quarantines.update(releaseId, (present) => (isBarredAlready(present, next) ? undefined : next));
    },
    quarantineOf: (releaseId) => quarantines.get(releaseId),
    override: async (releaseId, { at, by, reason }) => {
      const barred = await quarantines.get(releaseId);
      if (barred === undefined) {
        throw new LastgoodError(
          'not-found',
          `release ${shortId(releaseId)} is not quarantined here: nothing to override`,
        );
      }
      const report = { quarantinedAt: barred.at, quarantinedBy: barred.by, quarantineReason: barred.reason };
      const summary = reason.slice(0, 500);
      await attach(releaseId, { kind: 'override', id: at, at, by, passed: true, summary, report });
      await quarantines.update(releaseId, (present) => ({
        ...(present ?? barred),
        overriddenAt: at,
        overriddenBy: by,
        overrideReason: reason,
      }));
    },
  };
};

/** A bar that stands stays; one that was lifted comes back, unless the same promotion tells it again or it is older. */
const isBarredAlready = (present: Quarantine | undefined, { at, promotionId }: Quarantine): boolean => {
  if (present === undefined) return false;
  if (present.overriddenAt === undefined || present.overriddenAt >= at) return true;
  return promotionId !== undefined && present.promotionId === promotionId;
};
