import { digestOf } from '../words/digest.ts';
import { PromotionId } from '../words/ids.ts';
import type { CommandContext, CommandOf } from './command.ts';
import type { Candidate, Head, Holdback } from './head.ts';

/** Where suspicion moves callers: with half on either side a comparison decides within the fewest calls. */
export const suspectedPercent = 50;

/** The moment and place of a transition that begins a comparison. */
export interface Beginning extends Pick<CommandContext, 'service' | 'set' | 'at' | 'by'> {
  /** Of the head that begins it. */
  readonly revision: number;
}

/** Names a comparison by the revision that begins it, so that deciding twice names it alike. */
const comparisonIdOf = ({ service, set, revision }: Beginning): PromotionId =>
  PromotionId.parse(digestOf(JSON.stringify(['comparison', service, set, revision])).slice(0, 32));

type Kept = Pick<Holdback, 'release' | 'promotionId' | 'watchPercent' | 'until' | 'outcomeWindowSeconds'>;

const begun = (
  { release, promotionId, watchPercent, until, outcomeWindowSeconds }: Kept,
  weightPercent: number,
  beginning: Beginning,
): Holdback => ({
  release,
  promotionId,
  comparisonId: comparisonIdOf(beginning),
  weightPercent,
  startedAt: beginning.at,
  watchPercent,
  until,
  ...(outcomeWindowSeconds !== undefined && { outcomeWindowSeconds }),
});

/** With a promotion; without a watch time it rests from the beginning. */
export const holdbackAfter = (
  release: Holdback['release'],
  { promotionId, outcomeWindowSeconds }: Pick<Candidate, 'promotionId' | 'outcomeWindowSeconds'>,
  wanted: CommandOf<'promote'>['holdback'],
  beginning: Beginning,
): Holdback => {
  const watchPercent = wanted?.weightPercent ?? 0;
  const window = outcomeWindowSeconds === undefined ? {} : { outcomeWindowSeconds };
  return watched({ release, promotionId, watchPercent, until: wanted?.until ?? beginning.at, ...window }, beginning);
};

/** The share of the watch time, if that is not over. */
export const watched = (kept: Kept, beginning: Beginning): Holdback =>
  begun(kept, kept.until > beginning.at ? kept.watchPercent : 0, beginning);

export const suspected = (
  holdback: Holdback,
  {
    reason,
    outcomeWindowSeconds = holdback.outcomeWindowSeconds,
  }: Pick<CommandOf<'suspect'>, 'reason' | 'outcomeWindowSeconds'>,
  beginning: Beginning,
): Holdback => ({
  ...begun({ ...holdback, outcomeWindowSeconds }, suspectedPercent, beginning),
  suspected: { at: beginning.at, by: beginning.by, reason },
});

/** All callers on stable. */
export const resting = (holdback: Holdback, beginning: Beginning): Holdback => begun(holdback, 0, beginning);

/** The holdback that has callers now; undefined while it rests. */
export const activeHoldback = ({ candidate, holdback }: Pick<Head, 'candidate' | 'holdback'>): Holdback | undefined =>
  candidate === undefined && holdback !== undefined && holdback.weightPercent > 0 ? holdback : undefined;

/** Names the comparison that the head's sessions are part of: of a candidate, or of a holdback that has callers. */
export const comparisonIdOn = (head: Pick<Head, 'candidate' | 'holdback'>): PromotionId | undefined =>
  head.candidate?.promotionId ?? activeHoldback(head)?.comparisonId;
