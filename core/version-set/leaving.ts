import type { ReleaseId } from '../words/digest.ts';
import type { CommandOf } from './command.ts';
import type { Head } from './head.ts';

/**
 * The release that a roll-back takes callers away from; undefined when there is nothing to do. Two people, or an alarm and a
 * person, who both send it for one reason must go back once: the second finds the set gone back and leaves the sound release
 * where it is.
 */
export const leaving = (head: Head, { from }: Pick<CommandOf<'roll-back'>, 'from'>): ReleaseId | undefined => {
  const { stable, candidate } = head;
  if (from !== undefined) return from === stable || from === candidate?.release ? from : undefined;
  if (candidate) return candidate.release;
  return hasGoneBack(head) ? undefined : stable;
};

/** Freezing after going back is a habit of careful people; it changes nothing about where callers are. */
const hasGoneBack = ({ lastTransition: { kind }, lastPromotion }: Head): boolean =>
  kind === 'abort' ||
  kind === 'roll-back' ||
  ((kind === 'freeze' || kind === 'unfreeze') && lastPromotion !== undefined && lastPromotion.outcome !== 'promoted');
