import type { Ticket } from '#core/session/tokens.ts';
import { assign, type Assignment } from '#core/version-set/assign.ts';
import type { Head } from '#core/version-set/head.ts';
import type { ReleaseId } from '#core/words/digest.ts';

/** Where a call goes now. */
export interface Choice extends Assignment {
  readonly probe: boolean;
}

/**
 * The release for a call by the head of this moment; undefined when its set has no head.
 * @param givenUp release of the arm that the call was drawn for and that had no process for it: the call goes to stable and, having
 * been drawn for another arm, belongs to no arm of the test
 */
export const chooseRelease = (
  head: Head | undefined,
  { affinityKey, pin }: Pick<Ticket, 'affinityKey' | 'pin'>,
  nowMs: number,
  givenUp?: ReleaseId,
): Choice | undefined => {
  if (pin !== undefined) {
    const arm = head?.candidate?.release === pin ? 'candidate' : 'stable';
    return { arm, release: pin, weightPercent: 0, probe: true };
  }
  if (head === undefined) return undefined;
  const assignment = assign(head, affinityKey, nowMs);
  if (assignment.arm !== 'stable' && assignment.release === givenUp)
    return { arm: 'stable', release: head.stable, weightPercent: assignment.weightPercent, probe: false };

  return { ...assignment, probe: false };
};
