import { LastgoodError } from '#core/errors.ts';
import { newestPerSuite, type ReleaseEvidence } from '#core/evidence/release-evidence.ts';
import type { EvidenceChecked, Promotion } from '#core/promotion/steps.ts';

export interface CheckEvidencePorts {
  readonly evidence: Pick<ReleaseEvidence, 'list'>;
}

/**
 * Looks at what is attached to the release. A suite whose newest report did not pass stops the promotion; that there is none is
 * accepted, and says so in the answer.
 */
export const checkEvidence =
  ({ evidence }: CheckEvidencePorts) =>
  async ({ release, version }: Promotion): Promise<EvidenceChecked> => {
    const attached = newestPerSuite(await evidence.list(release));
    const failed = attached.filter((report) => !report.passed);
    if (failed.length > 0) {
      const list = failed.map(({ kind, id, summary }) => `${kind} ${id}: ${summary}`).join('; ');
      throw new LastgoodError(
        'evidence-missing',
        `version ${version} has reports that did not pass: ${list}. Run the suite again and attach its report, or repair the release and publish a new version.`,
      );
    }
    return {
      required: [],
      found: attached.slice(0, 100).map(({ kind, id }) => `${kind}/${id}`),
      note:
        attached.length === 0
          ? 'no evidence is required and none is attached'
          : 'the newest report of every suite passed',
    };
  };
