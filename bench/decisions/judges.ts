import { createEProcess } from '#core/canary/e-process.ts';

/** What every judge is shown: counts so far, and the call that was just added. */
export interface Seen {
  readonly stable: { readonly n: number; readonly bad: number };
  readonly candidate: { readonly n: number; readonly bad: number };
}

/** One way of deciding to abort, watching a run call by call. */
export interface Judge {
  /** True once it aborts. */
  observe(candidate: boolean, bad: boolean, seen: Seen): boolean;
}

export interface JudgeKind {
  readonly name: string;
  readonly start: (world: { readonly weight: number }) => Judge;
}

const alpha = 0.05;
const margin = 0.02;
const baseline = 0.05;
/** Fixed thresholds are set where the plan's margin lies: stable's usual 5 % plus 2 points. */
const fixedThreshold = baseline + margin;
/** One datapoint, check or measurement of the window judges: at 5 % of 10,000 calls a day this is an hour of candidate calls. */
const windowCalls = 20;

const lastgood: JudgeKind = {
  name: 'Lastgood',
  start: ({ weight }) => {
    const process = createEProcess({ side: 'at-most', margin, baseline, logThreshold: Math.log(1 / alpha) });
    return {
      observe(candidate, bad) {
        process.observe(candidate ? 'candidate' : 'stable', bad, weight);
        return process.logE >= Math.log(1 / alpha);
      },
    };
  },
};

/** Counts windows of candidate calls whose failure rate is above the threshold; `aborts` says when they are too many. */
const windows = (name: string, size: number, aborts: (failedInARow: number, failed: number) => boolean): JudgeKind => ({
  name,
  start: () => {
    let n = 0;
    let bad = 0;
    let inARow = 0;
    let failed = 0;
    return {
      observe(candidate, isBad) {
        if (!candidate) return false;
        n += 1;
        if (isBad) bad += 1;
        if (n < size) return false;
        const above = bad / n > fixedThreshold;
        inARow = above ? inARow + 1 : 0;
        failed += above ? 1 : 0;
        n = 0;
        bad = 0;
        return aborts(inARow, failed);
      },
    };
  },
});

/** One-sided two-proportion z-test at 5 % for "worse by more than `beyond`", looked at after every 20 candidate calls. */
const peekingZTest = (name: string, beyond: number): JudgeKind => ({
  name,
  start: () => ({
    observe(candidate, _bad, { stable, candidate: seen }) {
      if (!candidate || seen.n % windowCalls !== 0 || stable.n === 0) return false;
      const [ps, pc] = [stable.bad / stable.n, seen.bad / seen.n];
      const variance = (ps * (1 - ps)) / stable.n + (pc * (1 - pc)) / seen.n;
      return variance > 0 && (pc - ps - beyond) / Math.sqrt(variance) > 1.6448536269514722;
    },
  }),
});

/**
 * Lower end of GrowthBook's frequentist sequential interval for the difference of two rates: asymptotic confidence
 * sequence of Waudby-Smith et al. 2021 (equation 9), tuning parameter 5,000, two-sided 95 %.
 */
export const growthBookLowerEnd = ({ stable, candidate }: Seen): number => {
  const [ps, pc] = [stable.bad / stable.n, candidate.bad / candidate.n];
  const n = stable.n + candidate.n;
  const rho = Math.sqrt((-2 * Math.log(alpha) + Math.log(-2 * Math.log(alpha) + 1)) / 5_000);
  const scaled = n * ((ps * (1 - ps)) / stable.n + (pc * (1 - pc)) / candidate.n);
  const grown = n * rho ** 2 + 1;
  const halfWidth = Math.sqrt(scaled) * Math.sqrt((2 * grown * Math.log(Math.sqrt(grown) / alpha)) / (n * rho) ** 2);
  return halfWidth > 0 ? pc - ps - halfWidth : -1;
};

/** Aborts when the interval lies above the margin; looked at after every candidate call. */
const growthBook: JudgeKind = {
  name: 'GrowthBook sequential',
  start: () => ({
    observe: (candidate, _bad, seen) =>
      candidate && seen.candidate.n >= 2 && seen.stable.n >= 2 && growthBookLowerEnd(seen) > margin,
  }),
};

/**
 * All on the same traffic. SageMaker deployment guardrails: one alarm, one datapoint. ECS deployment alarms: three of three.
 * Flagger: five failed checks. Argo Rollouts: more than three failed measurements.
 */
export const judges: readonly JudgeKind[] = [
  lastgood,
  windows('SageMaker alarm, 1 of 1 window', windowCalls, (inARow) => inARow >= 1),
  windows('ECS alarm, 3 of 3 windows', windowCalls, (inARow) => inARow >= 3),
  windows('Flagger, 5 failed checks', windowCalls, (_, failed) => failed >= 5),
  windows('Argo Rollouts, failureLimit 3', windowCalls, (_, failed) => failed > 3),
  windows('alarm, 3 of 3 windows of 60', 60, (inARow) => inARow >= 3),
  peekingZTest('peeking z-test, worse at all', 0),
  peekingZTest('peeking z-test, beyond the margin', margin),
  growthBook,
];
