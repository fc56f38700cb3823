import type { TestArm } from '../words/arm.ts';
import { type CombinedEvidence, combineEvidence } from './combined-evidence.ts';
import { type CostTestState, createCostTest } from './cost-test.ts';
import { type EProcess, type EProcessState, createEProcess } from './e-process.ts';
import { type GuardrailName, type RateGuardrail, guardrailNames, rateGuardrails } from './guardrail.ts';
import { metricsOf } from './guardrail-metrics.ts';
import { type Baseline, mapRates, wiringOf } from './guardrail-wiring.ts';
import { type CallOutcome, isBad } from './outcome.ts';
import type { CanaryPlan } from './plan.ts';
import type { NullSide } from './projection.ts';
import { type Standing, standing } from './reading.ts';
import type { Metrics } from './verdict.ts';

interface Pair<Test> {
  readonly abort: Test;
  readonly promote: Test;
}

export interface GuardrailTestsState {
  readonly rates: Readonly<Record<RateGuardrail, Pair<EProcessState>>>;
  /** The error rate at each short horizon. */
  readonly soon: readonly EProcessState[];
  readonly meanCost: CostTestState;
  /** Calls of which nobody knows what became, by arm. */
  readonly lost: Readonly<Record<TestArm, number>>;
}

/** All tests of a plan over the same calls. */
export interface GuardrailTests extends CombinedEvidence {
  /** Takes a call at W: `ended`, `alive` or `lost`. */
  observe(call: CallOutcome, standing: Standing, arm: TestArm, rho: number): void;
  /** Takes a call at short horizon number `horizon`. `bad`: it had failed; undefined: it was lost. */
  observeSoon(horizon: number, bad: boolean | undefined, arm: TestArm, rho: number): void;
  metrics(): Metrics;
  state(): GuardrailTestsState;
}

const twoSides = <Test, State>(make: (side: NullSide, from?: State) => Test, from?: Pair<State>): Pair<Test> => ({
  abort: make('at-most', from?.abort),
  promote: make('at-least', from?.promote),
});

/**
 * One wiring for live analysis and forecast.
 * @param only `deciding`: what the plan does not name is not measured, for forecasts. @default all
 */
export const createGuardrailTests = (
  plan: CanaryPlan,
  baseline: Baseline,
  from?: GuardrailTestsState,
  only: 'all' | 'deciding' = 'all',
): GuardrailTests => {
  const wiring = wiringOf(plan, baseline);
  const rates = mapRates((name) =>
    twoSides((side, state?: EProcessState) => createEProcess(wiring.rate(name, side), state), from?.rates[name]),
  );
  const soon = plan.horizons.map((_, index) => createEProcess(wiring.soon(index), from?.soon[index]));
  const meanCost = createCostTest(plan.costCapUsd, wiring, from?.meanCost);
  const lost = { ...(from?.lost ?? { stable: 0, candidate: 0 }) };
  const decides = (name: GuardrailName): boolean => plan.guardrails[name].enabled;
  const measured = rateGuardrails.filter((name) => only === 'all' || decides(name));
  const measuresCost = only === 'all' || decides('meanCost');
  const deciding = guardrailNames.filter(decides).map((name) => {
    const { abort, promote } = name === 'meanCost' ? meanCost : rates[name];
    return { name, abort, promote, logWeight: wiring.logWeight(name) };
  });
  const combined = combineEvidence(
    deciding,
    soon.map((test, index) => weighted(test, wiring.logSoonWeight(index))),
  );

  return {
    ...combined,
    observe(call, at, arm, rho) {
      if (at === standing.lost) lost[arm] += 1;
      for (const name of measured) {
        const counted = countedBad(name, call, at, arm, plan);
        if (counted === undefined) continue;
        rates[name].abort.observe(arm, counted.abort, rho);
        rates[name].promote.observe(arm, counted.promote, rho);
      }
      if (measuresCost) meanCost.observe(call, at, arm, rho);
    },
    observeSoon: (horizon, isBadCall, arm, rho) => soon[horizon]?.observe(arm, isBadCall ?? arm === 'stable', rho),
    metrics: () => metricsOf({ plan, rates, soon, meanCost, lost, wiring }),
    state: () => ({
      rates: mapRates((name) => ({ abort: rates[name].abort.state(), promote: rates[name].promote.state() })),
      soon: soon.map((test) => test.state()),
      meanCost: meanCost.state(),
      lost: { ...lost },
    }),
  };
};

const weighted = (test: EProcess, logWeight: number) => ({
  logWeight,
  get logE() {
    return test.logE;
  },
});

/** What an unknown call counts: good on the candidate and bad on stable for an abort, the other way round for a promotion. */
const worstCase: Readonly<Record<TestArm, Pair<boolean>>> = {
  stable: { abort: true, promote: false },
  candidate: { abort: false, promote: true },
};
const good: Pair<boolean> = { abort: false, promote: false };
const bad: Pair<boolean> = { abort: true, promote: true };

const countedBad = (
  name: RateGuardrail,
  call: CallOutcome,
  at: Standing,
  arm: TestArm,
  plan: CanaryPlan,
): Pair<boolean> | undefined => {
  if (at === standing.lost) return worstCase[arm];
  if (at === standing.alive) return good;
  const isBadCall = isBad(name, call, plan);
  return isBadCall === undefined ? undefined : isBadCall ? bad : good;
};
