import { setImmediate as breathe } from 'node:timers/promises';
import { type EProcessOptions, createEProcess } from '#core/canary/e-process.ts';
import { seededRandom } from '#core/canary/seeded-random.ts';
import { judges } from './judges.ts';

/** A world of calls: rates may depend on the call's place among all calls of the run. */
export interface Scenario {
  readonly name: string;
  readonly weight: number;
  readonly stableRate: (callIndex: number) => number;
  readonly candidateRate: (callIndex: number) => number;
  readonly horizonCandidateCalls: number;
}

export const steady = (name: string, candidateRate: number): Scenario => ({
  name,
  weight: 0.05,
  stableRate: () => 0.05,
  candidateRate: () => candidateRate,
  horizonCandidateCalls: 2_000,
});

/** Fifteen points more failures in both arms during a tenth of the calls, in the middle of the run. */
export const sharedOutage: Scenario = {
  name: 'shared outage',
  weight: 0.05,
  stableRate: (call) => (call >= 16_000 && call < 20_000 ? 0.2 : 0.05),
  candidateRate: (call) => (call >= 16_000 && call < 20_000 ? 0.2 : 0.05),
  horizonCandidateCalls: 2_000,
};

/** Per judge, in the order of `judges`: candidate calls until it aborted, or Infinity, of each run. */
export type Aborts = readonly (readonly number[])[];

/** One run: all judges see the same calls. */
const runOnce = (scenario: Scenario, seed: number): number[] => {
  const random = seededRandom(seed);
  const watching = judges.map((kind) => kind.start(scenario));
  const aborts = judges.map(() => Infinity);
  const stable = { n: 0, bad: 0 };
  const candidate = { n: 0, bad: 0 };
  const seen = { stable, candidate };
  let open = judges.length;
  for (let call = 0; candidate.n < scenario.horizonCandidateCalls && open > 0; call += 1) {
    const isCandidate = random() < scenario.weight;
    const bad = random() < (isCandidate ? scenario.candidateRate(call) : scenario.stableRate(call));
    const arm = isCandidate ? candidate : stable;
    arm.n += 1;
    if (bad) arm.bad += 1;
    for (let index = 0; index < watching.length; index += 1) {
      if (aborts[index] !== Infinity || !watching[index]?.observe(isCandidate, bad, seen)) continue;
      aborts[index] = candidate.n;
      open -= 1;
    }
  }
  return aborts;
};

const runsPerBreath = 20;

/** Runs a scenario `runs` times with seeds from `firstSeed` on; `onRun` after each of them. */
export const simulate = async (
  scenario: Scenario,
  runs: number,
  firstSeed: number,
  signal: AbortSignal,
  onRun: () => void,
): Promise<Aborts> => {
  const perJudge = judges.map((): number[] => []);
  for (let run = 0; run < runs; run += 1) {
    runOnce(scenario, firstSeed + run).forEach((calls, judge) => perJudge[judge]?.push(calls));
    onRun();
    if (run % runsPerBreath === 0) await breathe();
    signal.throwIfAborted();
  }
  return perJudge;
};

/** Candidate calls until an e-process promotes, or Infinity, of each run. */
export const simulatePromotion = async (
  options: EProcessOptions,
  scenario: Scenario,
  runs: number,
  firstSeed: number,
  signal: AbortSignal,
  onRun: () => void,
): Promise<number[]> => {
  const found: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const random = seededRandom(firstSeed + run);
    const process = createEProcess(options);
    let calls = 0;
    for (let call = 0; calls < scenario.horizonCandidateCalls && process.logE < options.logThreshold; call += 1) {
      const isCandidate = random() < scenario.weight;
      const rate = isCandidate ? scenario.candidateRate(call) : scenario.stableRate(call);
      process.observe(isCandidate ? 'candidate' : 'stable', random() < rate, scenario.weight);
      if (isCandidate) calls += 1;
    }
    found.push(process.logE >= options.logThreshold ? calls : Infinity);
    onRun();
    if (run % runsPerBreath === 0) await breathe();
    signal.throwIfAborted();
  }
  return found;
};

export const shareDecided = (calls: readonly number[]): number =>
  (100 * calls.filter(Number.isFinite).length) / calls.length;

/** The lower median, with undecided runs as the longest. */
export const median = (calls: readonly number[]): number =>
  calls.toSorted((one, other) => one - other)[Math.floor((calls.length - 1) / 2)] ?? Infinity;
