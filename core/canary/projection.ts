/** Rates are kept inside (0, 1), so that no factor divides by zero. */
const edge = 1e-9;
export const clampRate = (rate: number): number => Math.min(1 - edge, Math.max(edge, rate));

/**
 * Factors of one call, by arm and outcome: the likelihood under the alternative over the likelihood under the null
 * member nearest to it. Index with `2 * candidate + bad`.
 */
export type Factors = readonly [stableGood: number, stableBad: number, candidateGood: number, candidateBad: number];

export const noFactors: Factors = [1, 1, 1, 1];

/** The side of the margin on which the null lies. `at-most`: p_c - p_s <= margin (abort). `at-least`: p_c - p_s >= margin (promote). */
export type NullSide = 'at-most' | 'at-least';

const liesInNull = (side: NullSide, a: number, b: number, margin: number): boolean =>
  side === 'at-most' ? b - a <= margin : b - a >= margin;

/**
 * E-variable for the null `p_candidate - p_stable` at most (or at least) `margin`, when the call goes to the candidate
 * with probability `rho`: a likelihood ratio of the guess (a, b) against its reverse information projection (q, q + margin),
 * whose expectation is at most 1 under every member of the null.
 *
 * Sources: Grünwald, de Heide & Koolen, "Safe testing" (2019), theorem 1; Turner, Ly & Grünwald, "Generic E-variables for
 * exact sequential k-sample tests that allow for optional stopping" (2021), for two Bernoulli streams.
 * @param a the guess of stable's rate; @param b of the candidate's, both in (0, 1)
 * @param margin in (0, 1)
 */
export const projectedFactors = (side: NullSide, a: number, b: number, rho: number, margin: number): Factors => {
  if (liesInNull(side, a, b, margin)) return noFactors;
  const q = nearestNullRate(a, b, rho, margin);
  const factors: Factors = [(1 - a) / (1 - q), a / q, (1 - b) / (1 - q - margin), b / (q + margin)];
  // The root is exact to rounding only, so what is left above 1 is divided out.
  const largest = largestExpectation(side, factors, rho, margin);
  return largest <= 1
    ? factors
    : [factors[0] / largest, factors[1] / largest, factors[2] / largest, factors[3] / largest];
};

const expectation = ([stableGood, stableBad, candidateGood, candidateBad]: Factors, rho: number) => {
  const stableSlope = (1 - rho) * (stableBad - stableGood);
  const candidateSlope = rho * (candidateBad - candidateGood);
  const atZero = (1 - rho) * stableGood + rho * candidateGood;
  return (stable: number, candidate: number): number => atZero + stable * stableSlope + candidate * candidateSlope;
};

/** The expectation is linear in both rates, so it is largest at a corner of the null. */
const largestExpectation = (side: NullSide, factors: Factors, rho: number, margin: number): number => {
  const at = expectation(factors, rho);
  const shared = Math.max(at(0, margin), at(1 - margin, 1));
  return side === 'at-most' ? Math.max(shared, at(0, 0), at(1, 0), at(1, 1)) : Math.max(shared, at(0, 1));
};

/** Derivative of the expectation along the null's boundary; it falls strictly in q and is zero at the projection. */
const stationarity = (q: number, a: number, b: number, rho: number, margin: number): number =>
  (1 - rho) * (a / q - (1 - a) / (1 - q)) + rho * (b / (q + margin) - (1 - b) / (1 - q - margin));

/** Derivative of the stationarity in q, below zero everywhere. */
const stationaritySlope = (q: number, a: number, b: number, rho: number, margin: number): number =>
  -(1 - rho) * (a / q ** 2 + (1 - a) / (1 - q) ** 2) - rho * (b / (q + margin) ** 2 + (1 - b) / (1 - q - margin) ** 2);

/**
 * Newton's method on q in (0, 1 - margin), halving where it would leave the bracket; the root lies between a and b - margin, where both
 * arms pull in opposite directions.
 */
const nearestNullRate = (a: number, b: number, rho: number, margin: number): number => {
  const inside = (q: number): number => Math.min(1 - margin - edge / 2, Math.max(edge / 2, q));
  let low = inside(Math.min(a, b - margin));
  let high = inside(Math.max(a, b - margin));
  let q = (low + high) / 2;
  // Halving alone would reach the spacing of doubles in 60 steps; it nearly always ends after six.
  for (let step = 0; step < 60 && low < high; step += 1) {
    const slope = stationarity(q, a, b, rho, margin);
    if (slope > 0) low = q;
    else high = q;
    const newton = q - slope / stationaritySlope(q, a, b, rho, margin);
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - q) <= Number.EPSILON * q) break;
    q = next;
  }
  return q;
};
