import { clampRate } from './projection.ts';

export interface Counts {
  readonly n: number;
  readonly bad: number;
}

/** One bet of the mixture: a guess of the candidate's rate from earlier calls, and its share of the first unit of evidence. */
export interface Alternative {
  readonly weight: number;
  guess(stableRate: number, margin: number, candidate: Counts): number;
}

/** Somewhere between just above the margin (0) and failing always (1), so that the same grid serves every base rate. */
const worseBy = (share: number, weight: number): Alternative => ({
  weight,
  guess: (stableRate, margin) => stableRate + margin + (1 - stableRate - margin) * share,
});

const asGoodAs = (multiple: number, weight: number): Alternative => ({
  weight,
  guess: (stableRate) => stableRate * multiple,
});

/** The candidate's own running rate, drawn towards `prior` as if by `pseudoCalls` calls. */
const asObserved = (pseudoCalls: number, prior: (stableRate: number, margin: number) => number, weight: number) => ({
  weight,
  guess: (stableRate: number, margin: number, candidate: Counts): number =>
    (candidate.bad + pseudoCalls * prior(stableRate, margin)) / (candidate.n + pseudoCalls),
});

/**
 * Bets against "not worse by more than the margin". At stable 5 % and margin 2 points they guess 10, 13, 16, 25, 42 and 77 %.
 * Most weight lies on rates that a canary meets within a hundred calls; a smaller change takes hundreds either way.
 */
export const worseAlternatives: readonly Alternative[] = [
  worseBy(0.03, 0.16),
  worseBy(0.06, 0.1),
  worseBy(0.1, 0.33),
  worseBy(0.19, 0.22),
  worseBy(0.4, 0.14),
  worseBy(0.75, 0.02),
  asObserved(4, (stableRate, margin) => stableRate + 4 * margin, 0.03),
];

/**
 * The same at a short horizon, which is there for releases that fail soon and often: W finds the small changes.
 */
export const soonWorseAlternatives: readonly Alternative[] = [
  worseBy(0.08, 0.12),
  worseBy(0.2, 0.22),
  worseBy(0.4, 0.42),
  worseBy(0.8, 0.24),
];

/**
 * Bets against "worse by the margin or more": the candidate is like stable, or as it looks so far. A guess slightly below
 * stable bets a little more boldly, which brings the median forward at the price of the slowest tenth.
 */
export const notWorseAlternatives: readonly Alternative[] = [
  asGoodAs(0.94, 0.92),
  asObserved(40, (stableRate) => stableRate, 0.08),
];

export const guesses = (
  alternatives: readonly Alternative[],
  stableRate: number,
  margin: number,
  candidate: Counts,
): number[] => alternatives.map((alternative) => clampRate(alternative.guess(stableRate, margin, candidate)));
