import { describe, expect, test } from 'vitest';
import { createRefusalTest } from '#core/canary/refusals.ts';
import { seededRandom } from '#core/canary/seeded-random.ts';

/** The plan's default for what makes evidence doubtful: 1,000:1. */
const logThreshold = Math.log(1_000);

interface Arms {
  readonly stable: number;
  readonly candidate: number;
}

/**
 * Minutes of 60 calls each at `rho`, in which pools are full for moments: so many seconds of each minute, at moments of their own.
 * @returns the minute in which the arms were found to differ, if any
 */
const minutesUntilFound = (seed: number, rho: number, fullSeconds: Arms, minutes = 120): number | undefined => {
  const random = seededRandom(seed);
  const refusals = createRefusalTest();
  for (let minute = 0; minute < minutes; minute += 1) {
    const from = { stable: random() * 40, candidate: random() * 40 };
    for (let second = 0; second < 60; second += 1) {
      const arm = random() < rho ? 'candidate' : 'stable';
      const isFull = second >= from[arm] && second < from[arm] + fullSeconds[arm];
      refusals.observe(arm, isFull, (minute * 60 + second) * 1_000);
    }
    if (refusals.logE >= logThreshold) return minute;
  }
  return undefined;
};

const seeds = Array.from({ length: 200 }, (_, index) => index + 1);
const found = (rho: number, fullSeconds: Arms): readonly number[] =>
  seeds.flatMap((seed) => minutesUntilFound(seed, rho, fullSeconds) ?? []);

describe('a test of refusals', () => {
  test.each([0.05, 0.25, 0.5])('tells no two arms apart that refuse alike, in bursts, at weight %d', (rho) => {
    expect(found(rho, { stable: 10, candidate: 10 })).toEqual([]);
  });

  test.each([
    ['a candidate that refuses everybody', 0.05, { stable: 0, candidate: 60 }, 20],
    ['a candidate that refuses everybody', 0.5, { stable: 0, candidate: 60 }, 12],
    ['a candidate that refuses a third', 0.5, { stable: 0, candidate: 20 }, 60],
    ['a stable release that refuses a third', 0.5, { stable: 20, candidate: 0 }, 60],
  ] as const)('finds %s (%d)', (_case, rho, fullSeconds, withinMinutes) => {
    const minutes = found(rho, fullSeconds).toSorted((one, other) => one - other);
    expect(minutes).toHaveLength(seeds.length);
    expect(minutes[Math.floor(minutes.length / 2)]).toBeLessThanOrEqual(withinMinutes);
  });

  test('goes on from where it was', () => {
    const whole = createRefusalTest();
    let parts = createRefusalTest();
    const random = seededRandom(7);
    for (let second = 0; second < 600; second += 1) {
      const arm = random() < 0.5 ? 'candidate' : 'stable';
      const isRefused = random() < 0.2;
      whole.observe(arm, isRefused, second * 1_000);
      parts.observe(arm, isRefused, second * 1_000);
      if (second % 100 === 0) parts = createRefusalTest(structuredClone(parts.state()));
    }
    expect(parts.logE).toBe(whole.logE);
  });
});
