import type { Head } from './head.ts';

/**
 * Share of new callers that meet the candidate at `nowMs` (epoch milliseconds), in percent. Past the end of the exposure
 * lease every reader steps down on its own clock, so a dead evaluator cannot leave callers on an unwatched release.
 */
export const effectiveWeight = ({ candidate }: Pick<Head, 'candidate'>, nowMs: number): number => {
  if (candidate === undefined) return 0;
  return nowMs < Date.parse(candidate.exposureUntil) ? candidate.weightPercent : candidate.fallbackWeightPercent;
};
