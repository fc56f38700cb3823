import { type EpisodeResult, type EpisodeScript, playEpisode } from './episode.ts';
import type { Fault } from './fault.ts';

/** Replays that a search for a shorter history may take. */
const mostReplays = 80;

export interface Shrunk {
  readonly script: EpisodeScript;
  readonly result: EpisodeResult;
  readonly replays: number;
}

/**
 * The shortest history that still shows a violation: the world ends with it, and faults are left out as long as one is still shown;
 * halves of them first, then one by one.
 * @param play @default `playEpisode`
 */
export const shrinkEpisode = async (
  script: EpisodeScript,
  result: EpisodeResult,
  play: (script: EpisodeScript) => Promise<EpisodeResult> = playEpisode,
): Promise<Shrunk> => {
  let replays = 0;
  let best = { script, result };
  const stillFails = async (faults: readonly Fault[]): Promise<boolean> => {
    if (replays >= mostReplays) return false;
    replays += 1;
    const shorter = { ...best.script, faults };
    const again = await play(shorter);
    if (again.violation?.invariant !== result.violation?.invariant) return false;
    best = { script: { ...shorter, faults: faults.filter(({ atMs }) => atMs <= endOf(again)) }, result: again };
    return true;
  };
  await stillFails(script.faults.filter(({ atMs }) => atMs <= endOf(result)));
  for (let size = Math.ceil(best.script.faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < best.script.faults.length;) {
      const { faults } = best.script;
      const isGone = await stillFails([...faults.slice(0, from), ...faults.slice(from + size)]);
      if (!isGone) from += size;
    }
  }
  return { ...best, replays };
};

const endOf = ({ violation }: EpisodeResult): number => violation?.atMs ?? Number.POSITIVE_INFINITY;
