/** Bounds that hold at every moment at once with probability 1 - alpha. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Anytime-valid interval for a rate after `bad` of `n`: all p whose beta-binomial mixture likelihood ratio
 * B(bad + 1/2, n - bad + 1/2) / (B(1/2, 1/2) p^bad (1 - p)^(n - bad)) is below 1/alpha. The ratio is a martingale under p,
 * so Ville's inequality covers all looks (Robbins 1970; Howard, Ramdas, McAuliffe & Sekhon 2021).
 */
export const rateInterval = (bad: number, n: number, alpha: number): Interval => {
  if (n === 0) return { low: 0, high: 1 };
  const logMixture = logBeta(bad + 0.5, n - bad + 0.5) - logBeta(0.5, 0.5);
  const excludes = (p: number): boolean => logMixture - logLikelihood(bad, n, p) >= Math.log(1 / alpha);
  const middle = bad / n;
  return {
    low: bad === 0 ? 0 : bisect(0, middle, (p) => !excludes(p)),
    high: bad === n ? 1 : bisect(middle, 1, excludes),
  };
};

const logLikelihood = (bad: number, n: number, p: number): number =>
  (bad === 0 ? 0 : bad * Math.log(p)) + (bad === n ? 0 : (n - bad) * Math.log1p(-p));

/** The point in (low, high) at which a monotone condition turns true. */
const bisect = (low: number, high: number, holds: (value: number) => boolean): number => {
  let [from, to] = [low, high];
  for (let step = 0; step < 50; step += 1) {
    const middle = (from + to) / 2;
    if (holds(middle)) to = middle;
    else from = middle;
  }
  return (from + to) / 2;
};

/** log B(a, b) */
export const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);

const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** log Γ(x) for x > 0, to 14 digits (Lanczos 1964, g = 7). */
export const logGamma = (x: number): number => {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  const base = shifted + 7.5;
  const series = lanczos.reduce((sum, factor, index) => sum + factor / (shifted + index + 1), 0.99999999999980993);
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(series);
};
