import { expect, test } from 'vitest';
import type { EpisodeResult, EpisodeScript } from '#bench/simulate/episode.ts';
import { type Fault, faultKinds } from '#bench/simulate/fault.ts';
import { shrinkEpisode } from '#bench/simulate/shrink.ts';
import { storyOf } from '#bench/simulate/story.ts';

const faults: readonly Fault[] = faultKinds.map((kind, index) => ({
  kind,
  atMs: index * 1_000,
  forMs: 1_000,
  what: 0,
  how: 0,
}));

/** Shows a violation when two faults come together. */
const play = async ({ seed, faults }: EpisodeScript): Promise<EpisodeResult> => {
  const kinds = new Set(faults.map(({ kind }) => kind));
  const fails = kinds.has('crash') && kinds.has('race');
  return {
    seed,
    calls: 0,
    promotions: 0,
    outcomes: {},
    struck: {},
    digest: '',
    ...(fails && { violation: { invariant: 4, text: 'a gap', atMs: 60_000 } }),
    lines: [],
  };
};

test('a violation is shown by the faults that it needs, and by no others', async () => {
  const script = { seed: 3, faults };
  const shrunk = await shrinkEpisode(script, await play(script), play);
  expect(shrunk.script.faults.map(({ kind }) => kind)).toEqual(['crash', 'race']);
  expect(storyOf(shrunk)).toContain('seed 3: invariant 4: a gap');
});
