import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EProcess, type EProcessOptions, type EProcessState, createEProcess } from '#core/canary/e-process.ts';
import { seededRandom } from '#core/canary/seeded-random.ts';

const logThreshold = Math.log(20);
const abort: EProcessOptions = { side: 'at-most', margin: 0.02, baseline: 0.05, logThreshold };
const promote: EProcessOptions = { ...abort, side: 'at-least' };

interface World {
  readonly stable: number;
  readonly candidate: number;
  readonly rho: number;
  readonly candidateCalls: number;
}

/** Candidate calls until the threshold, or Infinity. */
const callsToDecide = (options: EProcessOptions, world: World, seed: number): number => {
  const random = seededRandom(seed);
  const process = createEProcess(options);
  for (let calls = 0; calls < world.candidateCalls;) {
    const candidate = random() < world.rho;
    process.observe(
      candidate ? 'candidate' : 'stable',
      random() < (candidate ? world.candidate : world.stable),
      world.rho,
    );
    if (candidate) calls += 1;
    if (process.logE >= options.logThreshold) return calls;
  }
  return Infinity;
};

const runs = (options: EProcessOptions, world: World, count: number): number[] =>
  Array.from({ length: count }, (_, run) => callsToDecide(options, world, 1_000 + run)).sort((a, b) => a - b);

const median = (sorted: readonly number[]): number => sorted[Math.floor((sorted.length - 1) / 2)] ?? Infinity;
const decided = (sorted: readonly number[]): number => sorted.filter(Number.isFinite).length / sorted.length;

/** Expectation of E after `depth` calls, by every path: exact, no sampling. */
const expectedE = (
  options: EProcessOptions,
  world: Omit<World, 'candidateCalls'>,
  depth: number,
  from?: EProcessState,
): number => {
  if (depth === 0) return Math.exp(createEProcess(options, from).logE);
  let sum = 0;
  for (const arm of ['stable', 'candidate'] as const) {
    for (const bad of [false, true]) {
      const rate = world[arm];
      const probability = (arm === 'candidate' ? world.rho : 1 - world.rho) * (bad ? rate : 1 - rate);
      if (probability === 0) continue;
      const process: EProcess = createEProcess(options, from);
      process.observe(arm, bad, world.rho);
      sum += probability * expectedE(options, world, depth - 1, process.state());
    }
  }
  return sum;
};

describe('the e-process of two rates', () => {
  test('never grows in expectation while the null holds, whatever the rates, from whatever past', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    const past = fc.array(fc.tuple(fc.boolean(), fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(
        unit,
        unit,
        fc.constantFrom(0.05, 0.3, 0.5, 0.9),
        fc.constantFrom(0.01, 0.02, 0.1, 0.4),
        past,
        fc.boolean(),
        (u, v, rho, margin, calls, aborts) => {
          const options = { ...(aborts ? abort : promote), margin, logThreshold: 1.2 };
          const stable = u * (1 - margin);
          const candidate = aborts ? v * (stable + margin) : stable + margin + v * (1 - stable - margin);
          const before = createEProcess(options);
          for (const [isCandidate, bad] of calls) before.observe(isCandidate ? 'candidate' : 'stable', bad, rho);
          const after = expectedE(options, { stable, candidate, rho }, 2, before.state());
          expect(after / Math.exp(before.logE)).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('aborts a harmless release in at most 5 % of runs, at equal rates and at the margin', () => {
    const world = { stable: 0.05, rho: 0.05, candidateCalls: 1_000 };
    expect(decided(runs(abort, { ...world, candidate: 0.05 }, 300))).toBeLessThanOrEqual(0.05);
    // At the margin itself the bound is nearly reached: 300 runs at 5 % give more than 23 once in forty times.
    expect(decided(runs(abort, { ...world, candidate: 0.07 }, 300))).toBeLessThanOrEqual(23 / 300);
  });

  test.each([
    { candidate: 0.15, most: 92 },
    { candidate: 0.25, most: 23 },
    { candidate: 0.5, most: 7 },
  ])(
    'finds a candidate that fails $candidate of its calls, by the median within $most of them',
    ({ candidate, most }) => {
      const found = runs(abort, { stable: 0.05, candidate, rho: 0.05, candidateCalls: 2_000 }, 400);
      expect(median(found)).toBeLessThanOrEqual(most);
      expect(decided(found)).toBe(1);
    },
  );

  test('clears an equal candidate within 760 calls by the median', () => {
    expect(
      median(runs(promote, { stable: 0.05, candidate: 0.05, rho: 0.05, candidateCalls: 4_000 }, 500)),
    ).toBeLessThanOrEqual(760);
  });

  test('clears a candidate that is worse by the margin in fewer than 5 % of runs', () => {
    expect(
      decided(runs(promote, { stable: 0.05, candidate: 0.07, rho: 0.05, candidateCalls: 1_500 }, 200)),
    ).toBeLessThanOrEqual(0.05);
  });

  test('clears both arms when neither ever fails', () => {
    expect(median(runs(promote, { stable: 0, candidate: 0, rho: 0.05, candidateCalls: 1_000 }, 5))).toBeLessThan(200);
  });

  test('finds a candidate that breaks after a thousand sound calls within tens of calls', () => {
    const found = Array.from({ length: 40 }, (_, run) => {
      const random = seededRandom(run);
      const process = createEProcess(abort);
      let calls = 0;
      while (calls < 1_200 && process.logE < logThreshold) {
        const candidate = random() < 0.05;
        process.observe(
          candidate ? 'candidate' : 'stable',
          random() < (candidate && calls >= 1_000 ? 0.5 : 0.05),
          0.05,
        );
        if (candidate) calls += 1;
      }
      return calls - 1_000;
    }).sort((a, b) => a - b);
    expect(median(found)).toBeLessThanOrEqual(40);
  });

  test('an outage that hits both arms is no evidence against the candidate', () => {
    const aborted = Array.from({ length: 100 }, (_, run) => {
      const random = seededRandom(500 + run);
      const process = createEProcess(abort);
      for (let call = 0; call < 10_000; call += 1) {
        const arm = random() < 0.05 ? 'candidate' : 'stable';
        process.observe(arm, random() < (call >= 4_000 && call < 5_000 ? 0.2 : 0.05), 0.05);
        if (process.logE >= logThreshold) return 1;
      }
      return 0;
    }).reduce<number>((sum, one) => sum + one, 0);
    expect(aborted).toBeLessThanOrEqual(5);
  });

  test('reaches the threshold and stops there: evidence beyond it would be paid for and never used', () => {
    const process = createEProcess(abort);
    let calls = 0;
    while (process.logE < logThreshold && calls < 100) {
      process.observe('candidate', true, 0.05);
      calls += 1;
    }
    expect(process.logE).toBeCloseTo(logThreshold, 9);
    expect(process.logE).toBeGreaterThanOrEqual(logThreshold);
  });

  test('goes on from its state in JSON with exactly the same numbers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.constantFrom(0.05, 0.1, 0.5))),
        fc.nat(),
        (calls, cut) => {
          const whole = createEProcess(abort);
          let parts = createEProcess(abort);
          calls.forEach(([isCandidate, bad, rho], index) => {
            const arm = isCandidate ? 'candidate' : 'stable';
            whole.observe(arm, bad, rho);
            if (index === cut % (calls.length + 1))
              parts = createEProcess(abort, JSON.parse(JSON.stringify(parts.state())));
            parts.observe(arm, bad, rho);
          });
          expect(parts.state()).toEqual(whole.state());
        },
      ),
      { numRuns: 200 },
    );
  });

  test('takes no evidence from calls whose arm was certain', () => {
    const process = createEProcess(abort);
    for (let call = 0; call < 50; call += 1) process.observe('candidate', true, 1);
    expect(process.logE).toBeCloseTo(0, 9);
  });

  test('stays finite at rates of 0 and 1 and at extreme weights', () => {
    for (const rho of [1e-6, 0.5, 1 - 1e-6]) {
      for (const bad of [true, false]) {
        const process = createEProcess({ ...promote, margin: 0.001 });
        for (let call = 0; call < 3_000; call += 1) process.observe(call % 2 === 0 ? 'stable' : 'candidate', bad, rho);
        expect(Number.isFinite(process.logE)).toBe(true);
      }
    }
  });
});
