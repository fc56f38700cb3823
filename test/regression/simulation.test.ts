import { expect, test } from 'vitest';
import { playEpisodes } from '#bench/simulate/play-episodes.ts';

/** Some half a minute of work: so much, and not so long, so that a seed always plays the same. */
const episodes = 10;

test('no fault breaks an invariant: a slice of the simulator with a fresh seed', async () => {
  const seed = Math.floor(Math.random() * 1_000_000_000);
  process.stdout.write(`simulation: npm run bench -- simulate --seed ${seed}\n`);
  const { violations, calls, promotions } = await playEpisodes(Array.from({ length: episodes }, (_, at) => seed + at));
  expect(violations).toEqual([]);
  expect([calls > 10_000, promotions >= 40]).toEqual([true, true]);
});
