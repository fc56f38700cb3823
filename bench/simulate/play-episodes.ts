import { playEpisode, scriptOf } from './episode.ts';
import type { SimulateResult } from './job.ts';
import { shrinkEpisode } from './shrink.ts';
import { storyOf } from './story.ts';

const added = (
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((key) => [key, (one[key] ?? 0) + (other[key] ?? 0)]),
  );

export const noEpisodes: SimulateResult = {
  episodes: 0,
  calls: 0,
  promotions: 0,
  outcomes: {},
  struck: {},
  digests: [],
  violations: [],
};

export const sumOf = (one: SimulateResult, other: SimulateResult): SimulateResult => ({
  episodes: one.episodes + other.episodes,
  calls: one.calls + other.calls,
  promotions: one.promotions + other.promotions,
  outcomes: added(one.outcomes, other.outcomes),
  struck: added(one.struck, other.struck),
  digests: [...one.digests, ...other.digests],
  violations: [...one.violations, ...other.violations],
});

/** Plays the episodes of these seeds; a violation is told with its shortest history. */
export const playEpisodes = async (seeds: readonly number[]): Promise<SimulateResult> => {
  let sum = noEpisodes;
  for (const seed of seeds) {
    const script = scriptOf(seed);
    const result = await playEpisode(script);
    const { calls, promotions, outcomes, struck, digest, violation } = result;
    const violations = violation ? [storyOf(await shrinkEpisode(script, result))] : [];
    sum = sumOf(sum, { episodes: 1, calls, promotions, outcomes, struck, digests: [digest], violations });
  }
  return sum;
};
