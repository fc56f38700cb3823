import { openTable } from '#aws/dynamodb.ts';
import { releaseEvidence } from '#aws/release-evidence.ts';
import type { ReleaseEvidence } from '#core/evidence/release-evidence.ts';
import { lambdaHandler } from '#lambdas/entrance/handler.ts';
import { Promotion, type Replayed } from '#core/promotion/steps.ts';

export interface ReplayPorts {
  readonly evidence: Pick<ReleaseEvidence, 'list'>;
}

/** Counts the replays of recorded sessions that are attached to the release (S4); that there are none is said, not hidden. */
export const replay =
  ({ evidence }: ReplayPorts) =>
  async ({ release }: Promotion): Promise<Replayed> => {
    const reports = await evidence.list(release, 'replay');
    return {
      sessions: reports.length,
      differences: reports.filter((report) => !report.passed).length,
      note: reports.length === 0 ? 'no recorded sessions were replayed: the list is empty' : 'replays are attached',
    };
  };

export const handler = lambdaHandler('replay', Promotion, ({ connection, environment }) =>
  replay({ evidence: releaseEvidence(openTable(connection, environment.REGISTRY_TABLE)) }),
);
