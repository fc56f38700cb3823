import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '#core/canary/seeded-random.ts';
import { judge } from '#operations/canary/judge.ts';
import { callStream, changeOf, type StreamOptions } from './call-stream.ts';
import { comparison, openWorld, windowMs } from './judge-world.ts';

/** Plays a stream to two judges: each change comes to one of them, now and then one starts anew, and now and then one only looks. */
const play = async (
  options: StreamOptions,
  { lagMs, restarts, looks }: { readonly lagMs: number; readonly restarts: number; readonly looks: number },
) => {
  const world = openWorld(lagMs);
  const { time, sessions, ports } = world;
  const random = seededRandom(options.seed + 1);
  const judges = [judge(ports), judge(ports)];
  for (const write of callStream(options)) {
    time.nowMs = Math.max(time.nowMs, write.atMs);
    await write.apply(sessions);
    const which = random() < 0.5 ? 0 : 1;
    if (random() < restarts) judges[which] = judge(ports);
    const changes = random() < 0.9 ? changeOf(sessions, write.sessionId) : [];
    await judges[which]?.(comparison, { kind: 'outcomes', changes });
    if (random() >= looks) continue;
    const looked = world.numbersOf((await judges[which]?.(comparison, { kind: 'look' }))!);
    if (lagMs === 0) expect(looked).toEqual(world.recomputed());
  }
  time.nowMs += windowMs + 30_000;
  return { ...world, judges };
};

describe('the one judge', () => {
  test('gives to the last digit what one analysis over all records gives, through restarts and two judges at once', async () => {
    const world = fc.record({
      seed: fc.nat(100_000),
      candidateRate: fc.constantFrom(0.05, 0.12, 0.4),
      lagMs: fc.constantFrom(0, 0, 900),
      restarts: fc.constantFrom(0, 0.002, 0.02),
    });
    await fc.assert(
      fc.asyncProperty(world, async ({ seed, candidateRate, lagMs, restarts }) => {
        const options = { calls: 700, seed, candidateRate, windowMs };
        const { judges, recomputed, numbersOf } = await play(options, { lagMs, restarts, looks: 0.02 });
        const expected = recomputed();
        for (const one of judges) expect(numbersOf(await one(comparison, { kind: 'look' }))).toEqual(expected);
      }),
      { numRuns: 8 },
    );
  }, 120_000);
});
