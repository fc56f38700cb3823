import type { Factors } from './projection.ts';

/** The reserve enters the bets at the rate 1 / (n + reserveCalls) per candidate call. */
const reserveCalls = 100;

/** One wealth spread over several bets and a reserve; all shares are fixed before the next call is seen. */
export interface Mixture {
  /** Factors of each bet for the calls to come. */
  setFactors(factors: readonly Factors[]): void;
  /** What the wealth would be multiplied by for an outcome, an index into `Factors`. */
  factor(outcome: number): number;
  /** Natural logarithm of a bound on `factor(3)`: a bad candidate call. */
  readonly largestLogFactor: number;
  /** Moves the shares on after that outcome. @returns its factor */
  settle(outcome: number): number;
  /** Lets a little of the reserve into the bets of later calls, after candidate call number `n` (0-based). */
  release(n: number): void;
  shares(): number[];
}

/**
 * @param weights how a bet shares in the wealth at first, adding up to 1
 * @param reserve part of the wealth that is not bet at first
 * @param from shares of an earlier state
 */
export const createMixture = (weights: readonly number[], reserve: number, from?: readonly number[]): Mixture => {
  const bets = weights.length;
  const shares = Float64Array.from(from ?? [reserve, ...weights.map((weight) => (1 - reserve) * weight)]);
  const flat = new Float64Array(4 * bets).fill(1);
  let largestLogFactor = 0;

  const factor = (outcome: number): number => {
    let sum = shares[0] ?? 0;
    for (let bet = 0; bet < bets; bet += 1) sum += (shares[bet + 1] ?? 0) * (flat[4 * bet + outcome] ?? 1);
    return sum;
  };

  return {
    setFactors(factors) {
      factors.forEach((four, bet) => flat.set(four, 4 * bet));
      largestLogFactor = Math.log(
        factors.reduce((largest, [, , , candidateBad]) => Math.max(largest, candidateBad), 1),
      );
    },
    factor,
    get largestLogFactor() {
      return largestLogFactor;
    },
    settle(outcome) {
      const total = factor(outcome);
      shares[0] = (shares[0] ?? 0) / total;
      for (let bet = 0; bet < bets; bet += 1)
        shares[bet + 1] = ((shares[bet + 1] ?? 0) * (flat[4 * bet + outcome] ?? 1)) / total;
      return total;
    },
    release(n) {
      const held = shares[0] ?? 0;
      const released = held / (n + reserveCalls);
      shares[0] = held - released;
      for (let bet = 0; bet < bets; bet += 1) shares[bet + 1] = (shares[bet + 1] ?? 0) + released * (weights[bet] ?? 0);
    },
    shares: () => [...shares],
  };
};
