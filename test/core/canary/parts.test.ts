import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAssignmentRatio } from '#core/canary/assignment-ratio.ts';
import { type BoundedMeanOptions, createBoundedMean, logSumExp } from '#core/canary/bounded-mean.ts';
import { logBeta, logGamma, rateInterval } from '#core/canary/confidence-sequence.ts';
import { seededRandom } from '#core/canary/seeded-random.ts';

describe('evidence about mean cost', () => {
  test('never grows in expectation while the null holds', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    const values = fc.record({ low: unit, high: unit, pLow: unit });
    fc.assert(
      fc.property(
        values,
        values,
        fc.constantFrom(0.05, 0.5, 0.9),
        fc.double({ min: 0.01, max: 0.9, noNaN: true }),
        fc.boolean(),
        fc.array(fc.tuple(fc.boolean(), unit), { maxLength: 20 }),
        (stable, candidate, rho, margin, aborts, past) => {
          const mean = ({ low, high, pLow }: typeof stable): number => pLow * low + (1 - pLow) * high;
          const difference = mean(candidate) - mean(stable);
          fc.pre(aborts ? difference <= margin : difference >= margin);
          const options: BoundedMeanOptions = { side: aborts ? 'at-most' : 'at-least', margin, cap: 1 };
          const before = createBoundedMean(options);
          for (const [isCandidate, value] of past) before.observe(isCandidate ? 'candidate' : 'stable', value, rho);
          const outcomes = (['stable', 'candidate'] as const).flatMap((arm) => {
            const world = arm === 'stable' ? stable : candidate;
            const share = arm === 'stable' ? 1 - rho : rho;
            return [
              { arm, value: world.low, probability: share * world.pLow },
              { arm, value: world.high, probability: share * (1 - world.pLow) },
            ];
          });
          const after = outcomes.reduce((sum, { arm, value, probability }) => {
            const next = createBoundedMean(options, before.state());
            next.observe(arm, value, rho);
            return sum + probability * Math.exp(next.logE - before.logE);
          }, 0);
          expect(after).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('finds a candidate that is dearer and clears one that is not', () => {
    const evidence = (side: 'at-most' | 'at-least', dearer: number): number => {
      const random = seededRandom(3);
      const test = createBoundedMean({ side, margin: 0.1, cap: 1 });
      for (let call = 0; call < 4_000; call += 1) {
        const arm = random() < 0.2 ? 'candidate' : 'stable';
        test.observe(arm, 0.1 + 0.2 * random() + (arm === 'candidate' ? dearer : 0), 0.2);
      }
      return test.logE;
    };
    expect(evidence('at-most', 0.3)).toBeGreaterThan(Math.log(20));
    expect(evidence('at-most', 0)).toBeLessThan(0);
    expect(evidence('at-least', 0)).toBeGreaterThan(Math.log(20));
    expect(evidence('at-least', 0.3)).toBeLessThan(0);
  });

  test('sums exponentials without overflow', () => {
    expect(logSumExp([1_000, 1_000])).toBeCloseTo(1_000 + Math.log(2), 9);
    expect(logSumExp([])).toBe(-Infinity);
  });
});

describe('the assignment ratio', () => {
  test('equals the closed form of the Dirichlet mixture', () => {
    const random = seededRandom(1);
    const ratio = createAssignmentRatio();
    const counts = { stable: 0, candidate: 0 };
    for (let call = 0; call < 500; call += 1) {
      const arm = random() < 0.3 ? 'candidate' : 'stable';
      counts[arm] += 1;
      ratio.observe(arm, 0.2);
    }
    const closed =
      logBeta(20 + counts.candidate, 80 + counts.stable) -
      logBeta(20, 80) -
      counts.candidate * Math.log(0.2) -
      counts.stable * Math.log(0.8);
    expect(ratio.logE).toBeCloseTo(closed, 8);
  });

  test('suspects a sound router in fewer than 1 of 100 runs and finds a broken one', () => {
    const everSuspected = (rho: number, seed: number): boolean => {
      const random = seededRandom(seed);
      const ratio = createAssignmentRatio();
      for (let call = 0; call < 5_000; call += 1) {
        const stated = call < 2_500 ? 0.1 : 0.25;
        ratio.observe(random() < (rho === 0 ? stated : rho) ? 'candidate' : 'stable', stated);
        if (ratio.logE >= Math.log(100)) return true;
      }
      return false;
    };
    const suspected = Array.from({ length: 200 }, (_, run) => everSuspected(0, run)).filter(Boolean).length;
    expect(suspected).toBeLessThanOrEqual(2);
    expect(everSuspected(0.15, 1)).toBe(true);
  });
});

describe('confidence sequences', () => {
  test('cover the true rate at all times in at least 95 % of runs', () => {
    const alwaysCovered = Array.from({ length: 200 }, (_, run) => {
      const random = seededRandom(run);
      let bad = 0;
      for (let n = 1; n <= 1_000; n += 1) {
        if (random() < 0.07) bad += 1;
        const { low, high } = rateInterval(bad, n, 0.05);
        if (0.07 < low || 0.07 > high) return false;
      }
      return true;
    });
    expect(alwaysCovered.filter(Boolean).length / 200).toBeGreaterThanOrEqual(0.95);
  });

  test('stay inside [0, 1], hold the observed rate, and narrow with more calls', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
        const bad = Math.round(share * n);
        const { low, high } = rateInterval(bad, n, 0.05);
        const more = rateInterval(bad * 10, n * 10, 0.05);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(bad / n).toBeGreaterThanOrEqual(low);
        expect(bad / n).toBeLessThanOrEqual(high);
        expect(more.high - more.low).toBeLessThanOrEqual(high - low);
      }),
    );
    expect(rateInterval(0, 0, 0.05)).toEqual({ low: 0, high: 1 });
  });

  test('rest on a log-gamma that agrees with factorials and halves', () => {
    expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 10);
    expect(logGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 12);
    expect(logGamma(1e5)).toBeCloseTo(1_051_287.708973657, 5);
  });
});
