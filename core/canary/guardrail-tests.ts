import type { Arm } from '../words/arm.ts';
import { type BoundedMean, type BoundedMeanState, createBoundedMean, logSumExp } from './bounded-mean.ts';
import { createEProcess, type EProcess, type EProcessState } from './e-process.ts';
import { type GuardrailName, guardrailNames, type RateGuardrail, rateGuardrails } from './guardrail.ts';
import { type CallOutcome, countedCostUsd, endedInWindow, isBad } from './outcome.ts';
import type { CanaryPlan } from './plan.ts';
import type { NullSide } from './projection.ts';
import type { MeanMetric, Metrics, RateMetric } from './verdict.ts';

/** What is known of stable before the canary: rates in [0, 1], mean cost in US dollars. Absent ones come from the plan. */
export type Baseline = Readonly<Partial<Record<GuardrailName, number>>>;

interface Pair<Test> {
  readonly abort: Test;
  readonly promote: Test;
}

export interface GuardrailTestsState {
  readonly rates: Readonly<Record<RateGuardrail, Pair<EProcessState>>>;
  readonly meanCost: Pair<BoundedMeanState>;
}

/** All tests of a plan over the same calls. */
export interface GuardrailTests {
  observe(call: CallOutcome, arm: Arm, rho: number): void;
  /** Log evidence for an abort over the deciding guardrails: their weighted mean, itself an e-process. */
  logEAbort(): number;
  /** Log evidence of the deciding guardrail that is the furthest from being cleared. */
  logEPromote(): number;
  /** Weighted evidence of one guardrail: the largest one names the reason of an abort. */
  heaviest(): GuardrailName;
  metrics(): Metrics;
  state(): GuardrailTestsState;
}

const twoSides = <Test, State>(make: (side: NullSide, from?: State) => Test, from?: Pair<State>): Pair<Test> => ({
  abort: make('at-most', from?.abort),
  promote: make('at-least', from?.promote),
});

export const createGuardrailTests = (
  plan: CanaryPlan,
  baseline: Baseline,
  from?: GuardrailTestsState,
): GuardrailTests => {
  const shares = alphaShares(plan);
  const logWeight = (name: GuardrailName): number => Math.log(shares.get(name) ?? 1);
  const rates = ratePairs(plan, baseline, logWeight, from);
  const meanCost = costPair(plan, baseline, from);
  const pairOf = (name: GuardrailName): Pair<EProcess | BoundedMean> => (name === 'meanCost' ? meanCost : rates[name]);
  const deciding = guardrailNames.filter((name) => plan.guardrails[name].enabled);

  return {
    observe(call, arm, rho) {
      const inWindow = endedInWindow(call, plan.outcomeWindowMinutes * 60_000);
      for (const name of rateGuardrails) {
        const bad = isBad(name, call, plan, inWindow);
        if (bad === undefined) continue;
        rates[name].abort.observe(arm, bad, rho);
        rates[name].promote.observe(arm, bad, rho);
      }
      const cost = countedCostUsd(call, plan, inWindow);
      if (cost === undefined) return;
      meanCost.abort.observe(arm, cost, rho);
      meanCost.promote.observe(arm, cost, rho);
    },
    logEAbort: () => logSumExp(deciding.map((name) => pairOf(name).abort.logE + logWeight(name))),
    logEPromote: () => Math.min(...deciding.map((name) => pairOf(name).promote.logE)),
    heaviest: () => {
      const weighed = deciding.map((name) => ({ name, logE: pairOf(name).abort.logE + logWeight(name) }));
      return weighed.reduce((best, next) => (next.logE > best.logE ? next : best)).name;
    },
    metrics: () => metricsOf(plan, rates, meanCost),
    state: () => ({
      rates: mapRates((name) => ({ abort: rates[name].abort.state(), promote: rates[name].promote.state() })),
      meanCost: { abort: meanCost.abort.state(), promote: meanCost.promote.state() },
    }),
  };
};

const mapRates = <T>(make: (name: RateGuardrail) => T): Record<RateGuardrail, T> => ({
  errorRate: make('errorRate'),
  taskSuccess: make('taskSuccess'),
  interventionRate: make('interventionRate'),
  slowTurnRate: make('slowTurnRate'),
  overBudgetRate: make('overBudgetRate'),
});

/** Every deciding guardrail's part of alpha; the parts add up to 1. */
const alphaShares = (plan: CanaryPlan): ReadonlyMap<GuardrailName, number> => {
  const deciding = guardrailNames.filter((name) => plan.guardrails[name].enabled);
  const total = deciding.reduce((sum, name) => sum + plan.guardrails[name].alphaWeight, 0);
  return new Map(deciding.map((name) => [name, plan.guardrails[name].alphaWeight / total]));
};

const ratePairs = (
  plan: CanaryPlan,
  baseline: Baseline,
  logWeight: (name: GuardrailName) => number,
  from?: GuardrailTestsState,
): Record<RateGuardrail, Pair<EProcess>> => {
  const logThreshold = Math.log(1 / plan.alpha);
  return mapRates((name) => {
    const { marginPercentagePoints, baselinePercent } = plan.guardrails[name];
    const make = (side: NullSide, state?: EProcessState): EProcess =>
      createEProcess(
        {
          side,
          margin: marginPercentagePoints / 100,
          baseline: baseline[name] ?? baselinePercent / 100,
          logThreshold: side === 'at-most' ? logThreshold - logWeight(name) : logThreshold,
          againstBaseline: plan.kind === 'blue-green',
        },
        state,
      );
    return twoSides(make, from?.rates[name]);
  });
};

const costPair = (plan: CanaryPlan, baseline: Baseline, from?: GuardrailTestsState): Pair<BoundedMean> => {
  const known = plan.kind === 'blue-green' && baseline.meanCost !== undefined ? { baseline: baseline.meanCost } : {};
  const options = { margin: plan.guardrails.meanCost.marginUsd, cap: plan.costCapUsd, ...known };
  return twoSides((side, state?: BoundedMeanState) => createBoundedMean({ side, ...options }, state), from?.meanCost);
};

const metricsOf = (
  plan: CanaryPlan,
  rates: Readonly<Record<RateGuardrail, Pair<EProcess>>>,
  meanCost: Pair<BoundedMean>,
): Metrics => {
  const metrics = mapRates((name): RateMetric => {
    const { abort, promote } = rates[name];
    return {
      stable: abort.stable,
      candidate: abort.candidate,
      logEAbort: abort.logE,
      logEPromote: promote.logE,
      marginPercentagePoints: plan.guardrails[name].marginPercentagePoints,
      decides: plan.guardrails[name].enabled,
    };
  });
  const { abort, promote } = meanCost;
  const cost: MeanMetric = {
    stable: { n: abort.stable.n, sumUsd: abort.stable.sum },
    candidate: { n: abort.candidate.n, sumUsd: abort.candidate.sum },
    logEAbort: abort.logE,
    logEPromote: promote.logE,
    marginUsd: plan.guardrails.meanCost.marginUsd,
    decides: plan.guardrails.meanCost.enabled,
  };
  return { ...metrics, meanCost: cost };
};
