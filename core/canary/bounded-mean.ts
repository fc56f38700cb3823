import type { TestArm } from '../words/arm.ts';
import type { NullSide } from './projection.ts';

export interface BoundedMeanOptions {
  readonly side: NullSide;
  /** In the unit of the values. */
  readonly margin: number;
  /** Values lie in [0, cap]. */
  readonly cap: number;
}

export interface Sums {
  readonly n: number;
  readonly sum: number;
}

export interface BoundedMeanState {
  readonly logWealth: readonly number[];
  readonly stable: Sums;
  readonly candidate: Sums;
}

export interface BoundedMean {
  /** `value` in [0, cap]; `rho` the probability with which the call was sent to the candidate. */
  observe(arm: TestArm, value: number, rho: number): void;
  readonly logE: number;
  readonly stable: Sums;
  readonly candidate: Sums;
  state(): BoundedMeanState;
}

/** Parts of the largest safe bet; the small ones win on small differences over many calls. */
const bets = [0.01, 0.03, 0.08, 0.2, 0.5];

/**
 * Evidence against a null about the difference of two means of values in [0, cap], by betting (Waudby-Smith & Ramdas,
 * "Estimating means of bounded random variables by betting", 2023). Each call gives an unbiased estimate of the difference,
 * its value weighted by the inverse of the arm's probability; the running mean is subtracted first, which changes nothing
 * about the expectation and takes most of the noise. A bet may lose at most what it holds, whatever the next value.
 */
export const createBoundedMean = (options: BoundedMeanOptions, from?: BoundedMeanState): BoundedMean => {
  const logWealth = Float64Array.from(from?.logWealth ?? bets.map(() => -Math.log(bets.length)));
  const stable = { ...(from?.stable ?? { n: 0, sum: 0 }) };
  const candidate = { ...(from?.candidate ?? { n: 0, sum: 0 }) };
  const { cap, margin } = options;
  const sign = options.side === 'at-most' ? 1 : -1;

  const bet = (estimate: number, lowest: number, highest: number): void => {
    // The payoff sign * (estimate - margin) has expectation <= 0 under the null and is at least -worst.
    const worst = sign === 1 ? margin - lowest : highest - margin;
    if (worst <= 0) return;
    const payoff = (sign * (estimate - margin)) / worst;
    bets.forEach((part, index) => {
      logWealth[index] = (logWealth[index] ?? 0) + Math.log1p(part * payoff);
    });
  };

  return {
    observe(arm, value, rho) {
      const isCandidate = arm === 'candidate';
      if (rho > 0 && rho < 1) {
        const middle = (stable.sum + candidate.sum + cap / 2) / (stable.n + candidate.n + 1);
        const estimate = isCandidate ? (value - middle) / rho : -(value - middle) / (1 - rho);
        const lowest = Math.min(-middle / rho, -(cap - middle) / (1 - rho));
        const highest = Math.max((cap - middle) / rho, middle / (1 - rho));
        bet(estimate, lowest, highest);
      }
      const sums = isCandidate ? candidate : stable;
      sums.n += 1;
      sums.sum += value;
    },
    get logE() {
      return logSumExp(logWealth);
    },
    get stable() {
      return { ...stable };
    },
    get candidate() {
      return { ...candidate };
    },
    state: () => ({ logWealth: [...logWealth], stable: { ...stable }, candidate: { ...candidate } }),
  };
};

/** log(sum(exp(values))) without overflow. */
export const logSumExp = (values: ArrayLike<number>): number => {
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.length; index += 1) largest = Math.max(largest, values[index] ?? largest);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += Math.exp((values[index] ?? largest) - largest);
  return largest + Math.log(sum);
};
