import { z } from 'zod';

/**
 * Page's cumulative sum of log likelihood ratios (1954): it grows while calls look like one of the alternatives rather than like the
 * limit, and forgets what came before it last fell to zero. At the limit it reaches `log(n)` once in n calls or less often.
 */
export interface LikelihoodSum {
  /** Takes a call: the likelihoods of what was seen, each alternative's over the limit's. */
  add(logRatios: readonly number[], bad: number): void;
  readonly value: number;
  /** Calls since the sum that is the largest left zero. */
  readonly since: SumState['since'];
  state(): SumState;
}

export const SumState = z
  .strictObject({
    /** One sum for each alternative. */
    sums: z.array(z.number()).max(4).readonly(),
    /** `bad`: calls, or US dollars. */
    since: z.strictObject({ n: z.number(), bad: z.number() }).readonly(),
  })
  .readonly();
export type SumState = z.infer<typeof SumState>;

/** @param most no sum grows beyond it, so that what is over is forgotten in as many calls as it took to notice */
export const createLikelihoodSum = (alternatives: number, most: number, from?: SumState): LikelihoodSum => {
  const sums =
    from && from.sums.length === alternatives ? [...from.sums] : Array.from({ length: alternatives }, () => 0);
  let since = from?.since ?? { n: 0, bad: 0 };
  return {
    add(logRatios, bad) {
      sums.forEach((sum, index) => {
        sums[index] = Math.min(most, Math.max(0, sum + (logRatios[index] ?? 0)));
      });
      since = sums.every((sum) => sum === 0) ? { n: 0, bad: 0 } : { n: since.n + 1, bad: since.bad + bad };
    },
    get value() {
      return Math.max(...sums);
    },
    get since() {
      return since;
    },
    state: () => ({ sums: [...sums], since }),
  };
};

/** Where between the limit (0) and failing always (1) the alternatives of a rate lie. */
const shares = [0.2, 0.6];

/** Logarithms of the ratios of one call that was bad or not; empty when no rate could be above the limit. */
export const rateRatios = (limit: number, bad: boolean): number[] =>
  shares.map((share) => {
    const alternative = limit + (1 - limit) * share;
    return Math.log(bad ? alternative / limit : (1 - alternative) / (1 - limit));
  });
export const rateAlternatives = shares.length;

/** Parts of the wealth that a bet on a mean above the limit stakes. */
const stakes = [0.25, 0.6];

/**
 * Bets on a mean above `limit`, of amounts in [0, cap]: the factor 1 + stake (amount / limit - 1) has expectation at most 1 while the
 * mean is at most the limit.
 */
export const meanRatios = (limit: number, amount: number): number[] =>
  stakes.map((stake) => Math.log(1 + stake * (amount / limit - 1)));
export const meanAlternatives = stakes.length;
