import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Factors, type NullSide, projectedFactors } from '#core/canary/projection.ts';

const expectation = (factors: Factors, stable: number, candidate: number, rho: number): number =>
  (1 - rho) * (stable * factors[1] + (1 - stable) * factors[0]) +
  rho * (candidate * factors[3] + (1 - candidate) * factors[2]);

/** Corners of the polygon {p_c - p_s <= margin} (or >=) inside the unit square: the expectation is linear, so its largest value is at one. */
const vertices = (side: NullSide, margin: number): [number, number][] =>
  side === 'at-most'
    ? [
        [0, 0],
        [1, 0],
        [1, 1],
        [1 - margin, 1],
        [0, margin],
      ]
    : [
        [0, 1],
        [0, margin],
        [1 - margin, 1],
      ];

const unit = (low: number, high: number) => fc.double({ min: low, max: high, noNaN: true });
const edges = [1e-9, 1e-6, 0.001, 0.5, 0.999, 1 - 1e-6, 1 - 1e-9];
const rate = fc.oneof(unit(1e-9, 1 - 1e-9), fc.constantFrom(...edges));
const rho = fc.oneof(unit(0, 1), fc.constantFrom(0, 1e-9, 0.01, 0.05, 0.5, 0.99, 1 - 1e-9, 1));
const margin = fc.oneof(unit(1e-4, 0.9999), fc.constantFrom(0.0001, 0.02, 0.5, 0.98, 0.9999));
const side = fc.constantFrom<NullSide>('at-most', 'at-least');

describe('the factor of one call', () => {
  test('has expectation at most 1 under every vertex of the null, for all guesses, weights and margins', () => {
    fc.assert(
      fc.property(side, rate, rate, rho, margin, (nullSide, a, b, weight, delta) => {
        const factors = projectedFactors(nullSide, a, b, weight, delta);
        for (const [stable, candidate] of vertices(nullSide, delta))
          expect(expectation(factors, stable, candidate, weight)).toBeLessThanOrEqual(1 + 1e-9);
        expect(factors.every((factor) => factor >= 0 && Number.isFinite(factor))).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  test('has expectation at most 1 along the whole boundary and inside the null', () => {
    fc.assert(
      fc.property(side, rate, rate, rho, margin, unit(0, 1), unit(0, 1), (nullSide, a, b, weight, delta, u, v) => {
        const factors = projectedFactors(nullSide, a, b, weight, delta);
        const stable = u * (1 - delta);
        const inside = nullSide === 'at-most' ? v * (stable + delta) : stable + delta + v * (1 - stable - delta);
        expect(expectation(factors, stable, stable + delta, weight)).toBeLessThanOrEqual(1 + 1e-9);
        expect(expectation(factors, stable, inside, weight)).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { numRuns: 10_000 },
    );
  });

  test('grows on average when the guess is right: it is evidence, not only valid', () => {
    const factors = projectedFactors('at-most', 0.05, 0.15, 0.05, 0.02);
    const growth =
      0.05 * (0.15 * Math.log(factors[3]) + 0.85 * Math.log(factors[2])) +
      0.95 * (0.05 * Math.log(factors[1]) + 0.95 * Math.log(factors[0]));
    expect(growth).toBeGreaterThan(0.0015);
  });

  test('is 1 when the guess lies in the null', () => {
    expect(projectedFactors('at-most', 0.05, 0.06, 0.05, 0.02)).toEqual([1, 1, 1, 1]);
    expect(projectedFactors('at-least', 0.05, 0.08, 0.05, 0.02)).toEqual([1, 1, 1, 1]);
  });
});
