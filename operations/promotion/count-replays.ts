import type { ReleaseEvidence } from '#core/evidence/release-evidence.ts';
import type { Promotion, Replayed } from '#core/promotion/steps.ts';

export interface CountReplaysPorts {
  readonly evidence: Pick<ReleaseEvidence, 'list'>;
}

/** Counts the replays of recorded sessions that are attached to the release (S4); that there are none is said, not hidden. */
export const countReplays =
  ({ evidence }: CountReplaysPorts) =>
  async ({ release }: Promotion): Promise<Replayed> => {
    const reports = await evidence.list(release, 'replay');
    return {
      sessions: reports.length,
      differences: reports.filter((report) => !report.passed).length,
      note: reports.length === 0 ? 'no recorded sessions were replayed: the list is empty' : 'replays are attached',
    };
  };
