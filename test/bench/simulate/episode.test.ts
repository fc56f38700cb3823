import { describe, expect, test } from 'vitest';
import { playEpisode, scriptOf } from '#bench/simulate/episode.ts';
import type { Fault } from '#bench/simulate/fault.ts';

const minutes = 60_000;

describe('an episode', () => {
  test('of the same seed comes to the same digest, of another seed to another', async () => {
    const play = async (seed: number) => (await playEpisode({ ...scriptOf(seed), untilMs: 2 * minutes })).digest;
    const [one, again, other] = [await play(7), await play(7), await play(8)];
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  test('counts a fault when it took effect, and plays without it when it is left out', async () => {
    const fault: Fault = { kind: 'host-dies', atMs: 30_000, forMs: 1_000, what: 0, how: 0 };
    const withIt = await playEpisode({ seed: 7, faults: [fault], untilMs: minutes });
    const without = await playEpisode({ seed: 7, faults: [], untilMs: minutes });
    expect([withIt.struck['host-dies'], without.struck['host-dies']]).toEqual([1, undefined]);
    expect(withIt.digest).not.toBe(without.digest);
    expect([withIt.violation, without.violation]).toEqual([undefined, undefined]);
  });
});
