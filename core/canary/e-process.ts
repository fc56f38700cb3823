import type { TestArm } from '../words/arm.ts';
import { type Alternative, type Counts, guesses, notWorseAlternatives, worseAlternatives } from './alternatives.ts';
import { type Mixture, createMixture } from './mixture.ts';
import { type Factors, type NullSide, clampRate, noFactors, projectedFactors } from './projection.ts';

export interface EProcessOptions {
  readonly side: NullSide;
  /** As a rate: 2 percentage points are 0.02. */
  readonly margin: number;
  /** First guess of stable's bad rate, as a rate. */
  readonly baseline: number;
  /** Natural logarithm of the evidence that decides; no bet aims beyond it. */
  readonly logThreshold: number;
  /** The bets. @default those of W for the side */
  readonly alternatives?: readonly Alternative[];
}

/** Everything that the next call needs; plain JSON. */
export interface EProcessState {
  readonly logE: number;
  /** Share of the evidence in each bet; the first one is the reserve. */
  readonly shares: readonly number[];
  readonly stable: Counts;
  readonly candidate: Counts;
  /** The guesses in use, made from earlier calls only. */
  readonly guessed: Guessed | null;
}

interface Guessed {
  readonly rho: number;
  readonly stableN: number;
  readonly candidateN: number;
  readonly stableRate: number;
  readonly candidateRates: readonly number[];
}

export interface EProcess {
  /** Takes the next call in order of start. `rho` is the probability with which it was sent to the candidate. */
  observe(arm: TestArm, bad: boolean, rho: number): void;
  readonly logE: number;
  readonly stable: Counts;
  readonly candidate: Counts;
  state(): EProcessState;
}

/** Pseudo-calls at the baseline that steady the first guesses of stable's rate. */
const baselineCalls = 30;
/** Part of the evidence for an abort that is kept for a change that comes later. */
const abortReserve = 0.04;
/** Guesses are renewed when an arm has grown by this much: often enough to lose nothing, seldom enough to be fast. */
const stableGrowth = 0.05;
const candidateGrowth = 0.03;
/** Index of that outcome in `Factors`. */
const candidateBad = 3;

/**
 * Evidence against a null about two Bernoulli rates, call by call: E has expectation at most 1 at every stopping time
 * while the null holds, so P(E ever reaches 1/alpha) <= alpha (Ville's inequality) however often one looks.
 *
 * E is one wealth in a mixture of bets (`alternatives.ts`). Each bet's factor is an e-variable made from earlier calls only
 * (`projection.ts`), and any predictable mixture of e-variables, with the constant 1 among them, is one again. That allows:
 * - a reserve that enters the bets little by little, so that a candidate which is sound for a thousand calls and then
 *   breaks is found in tens of calls (the switch-prior of "the catch-up phenomenon", van Erven, Grünwald & de Rooij 2012);
 * - bets cut down to what just reaches the threshold, so that nothing is lost on evidence beyond it.
 */
export const createEProcess = (options: EProcessOptions, from?: EProcessState): EProcess => {
  const alternatives = options.alternatives ?? (options.side === 'at-most' ? worseAlternatives : notWorseAlternatives);
  const mixture = createMixture(
    alternatives.map(({ weight }) => weight),
    options.side === 'at-most' ? abortReserve : 0,
    from?.shares,
  );
  const stable = { ...(from?.stable ?? { n: 0, bad: 0 }) };
  const candidate = { ...(from?.candidate ?? { n: 0, bad: 0 }) };
  let guessed: Guessed | null = from?.guessed ?? null;
  let logE = from?.logE ?? 0;

  const adopt = (next: Guessed): void => {
    guessed = next;
    mixture.setFactors(next.candidateRates.map((b) => factorsOf(options, next.stableRate, b, next.rho)));
  };
  if (guessed) adopt(guessed);

  const guessAgain = (rho: number): void => {
    const stableRate = clampRate((stable.bad + baselineCalls * options.baseline) / (stable.n + baselineCalls));
    const candidateRates = guesses(alternatives, stableRate, options.margin, candidate);
    adopt({ rho, stableN: stable.n, candidateN: candidate.n, stableRate, candidateRates });
  };

  return {
    observe(arm, bad, rho) {
      if (needsGuess(guessed, stable.n, candidate.n, rho)) guessAgain(rho);
      const outcome = (arm === 'candidate' ? 2 : 0) + (bad ? 1 : 0);
      const part = stake(options, mixture, logE);
      const factor = mixture.settle(outcome);
      logE += Math.log(1 - part + part * factor);
      // After the call, never before: even its arm is news to the bets on it.
      if (arm === 'candidate') mixture.release(candidate.n);
      const counts = arm === 'candidate' ? candidate : stable;
      counts.n += 1;
      if (bad) counts.bad += 1;
    },
    get logE() {
      return logE;
    },
    get stable() {
      return { ...stable };
    },
    get candidate() {
      return { ...candidate };
    },
    state: () => ({ logE, shares: mixture.shares(), stable: { ...stable }, candidate: { ...candidate }, guessed }),
  };
};

/**
 * The part of the mixture to bet, decided before the call is seen: one more bad candidate call shall reach the threshold
 * and not pass it. Evidence for promotion comes in small portions, so there is nothing to cut.
 */
const stake = (options: EProcessOptions, mixture: Mixture, logE: number): number => {
  const room = options.logThreshold - logE;
  if (options.side === 'at-least' || room <= 0 || mixture.largestLogFactor < room) return 1;
  const largest = mixture.factor(candidateBad);
  const wanted = Math.exp(room) * (1 + 1e-12);
  return largest <= wanted ? 1 : (wanted - 1) / (largest - 1);
};

/** A call whose arm was certain carries no comparison. */
const factorsOf = (options: EProcessOptions, a: number, b: number, rho: number): Factors =>
  rho <= 0 || rho >= 1 ? noFactors : projectedFactors(options.side, a, b, rho, options.margin);

const needsGuess = (guessed: Guessed | null, stableN: number, candidateN: number, rho: number): boolean =>
  guessed === null ||
  guessed.rho !== rho ||
  stableN - guessed.stableN > Math.max(4, guessed.stableN * stableGrowth) ||
  candidateN - guessed.candidateN >= Math.max(1, guessed.candidateN * candidateGrowth);
