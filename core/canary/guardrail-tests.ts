import type { Arm } from '../session/session-record.ts';
import { type BoundedMeanState, type Sums, createBoundedMean, logSumExp } from './bounded-mean.ts';
import { type EProcessState, createEProcess } from './e-process.ts';
import { type GuardrailName, type RateGuardrail, guardrailNames, rateGuardrails } from './guardrail.ts';
import { metricsOf } from './guardrail-metrics.ts';
import { type Baseline, mapRates, wiringOf } from './guardrail-wiring.ts';
import { type CallOutcome, countedCostUsd, isBad } from './outcome.ts';
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
  readonly meanCost: Pair<BoundedMeanState>;
  /** Costs that were measured. */
  readonly costs: Readonly<Record<Arm, Sums>>;
  /** Calls of which nobody knows what became, by arm. */
  readonly lost: Readonly<Record<Arm, number>>;
}

/** What carries the most evidence for an abort. */
export interface Strongest {
  readonly guardrail: GuardrailName;
  /** Index of the short horizon; null is W. */
  readonly horizon: number | null;
}

/** All tests of a plan over the same calls. */
export interface GuardrailTests {
  /** Takes a call at W: `ended`, `alive` or `lost`. */
  observe(call: CallOutcome, standing: Standing, arm: Arm, rho: number): void;
  /** Takes a call at short horizon number `horizon`. `bad`: it had failed; undefined: it was lost. */
  observeSoon(horizon: number, bad: boolean | undefined, arm: Arm, rho: number): void;
  /** The largest evidence for an abort that one of the horizons has, weighted: P(it ever reaches 1/alpha) <= alpha. */
  logEAbort(): number;
  /** W's part of it: the weighted mean over the deciding guardrails. */
  logEWindow(): number;
  /** `logEWindow() >= logE`, without summing when no part of it comes near. */
  windowReaches(logE: number): boolean;
  /** The part of short horizon number `horizon`, weighted. */
  logESoon(horizon: number): number;
  /** Log evidence of the deciding guardrail that is the furthest from being cleared. */
  logEPromote(): number;
  /** The deciding guardrail with the largest weighted evidence at W. */
  heaviest(): GuardrailName;
  /** The same over all horizons. */
  strongest(): Strongest;
  metrics(): Metrics;
  state(): GuardrailTestsState;
}

const twoSides = <Test, State>(make: (side: NullSide, from?: State) => Test, from?: Pair<State>): Pair<Test> => ({
  abort: make('at-most', from?.abort),
  promote: make('at-least', from?.promote),
});

/**
 * One wiring for live analysis and forecast. W takes all guardrails in one order of calls, so the weighted mean of their evidence is
 * an e-process again. A short horizon is ahead of W: at any moment it knows calls that W does not know yet, so the two are not
 * processes of one clock, and their mean at that moment would not be one. Each therefore has a part of alpha of its own, which
 * holds whatever they have to do with each other: abort when the largest of the weighted reaches 1/alpha.
 *
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
  const meanCost = twoSides(
    (side, state?: BoundedMeanState) => createBoundedMean(wiring.cost(side), state),
    from?.meanCost,
  );
  const costs = { stable: { ...(from?.costs.stable ?? noSums) }, candidate: { ...(from?.costs.candidate ?? noSums) } };
  const lost = { ...(from?.lost ?? { stable: 0, candidate: 0 }) };
  const decides = (name: GuardrailName): boolean => plan.guardrails[name].enabled;
  const measured = rateGuardrails.filter((name) => only === 'all' || decides(name));
  const measuresCost = only === 'all' || decides('meanCost');
  const deciding = guardrailNames.filter(decides).map((name) => {
    const { abort, promote } = name === 'meanCost' ? meanCost : rates[name];
    return { name, abort, promote, logWeight: wiring.logWeight(name) };
  });

  const observeCost = (call: CallOutcome, at: Standing, arm: Arm, rho: number): void => {
    const known = countedCostUsd(call, plan);
    if (at === standing.ended) {
      if (known === undefined) return;
      meanCost.abort.observe(arm, known, rho);
      meanCost.promote.observe(arm, known, rho);
      costs[arm].n += 1;
      costs[arm].sum += known;
      return;
    }
    // It costs at least what is known and at most the cap: against an abort the one, against a promotion the other.
    const cap = plan.costCapUsd;
    const least = at === standing.alive ? (known ?? 0) : 0;
    meanCost.abort.observe(arm, arm === 'stable' ? cap : least, rho);
    meanCost.promote.observe(arm, arm === 'candidate' || at === standing.alive ? cap : 0, rho);
  };

  /** A sum of so many parts is at most so many times its largest one. */
  const logParts = Math.log(deciding.length) + 1e-9;
  const soonWeights = soon.map((_, index) => wiring.logSoonWeight(index));
  const weighted = new Float64Array(deciding.length);
  const logEWindow = (): number => {
    deciding.forEach(({ abort, logWeight }, index) => {
      weighted[index] = abort.logE + logWeight;
    });
    return logSumExp(weighted);
  };
  const heaviest = (): GuardrailName =>
    deciding.reduce((top, next) => (next.abort.logE + next.logWeight > top.abort.logE + top.logWeight ? next : top))
      .name;
  const logESoon = (index: number): number => (soon[index]?.logE ?? 0) + (soonWeights[index] ?? 0);

  return {
    observe(call, at, arm, rho) {
      if (at === standing.lost) lost[arm] += 1;
      for (const name of measured) {
        const bad = countedBad(name, call, at, arm, plan);
        if (bad === undefined) continue;
        rates[name].abort.observe(arm, bad.abort, rho);
        rates[name].promote.observe(arm, bad.promote, rho);
      }
      if (measuresCost) observeCost(call, at, arm, rho);
    },
    observeSoon: (horizon, bad, arm, rho) => soon[horizon]?.observe(arm, bad ?? arm === 'stable', rho),
    logEAbort() {
      let largest = logEWindow();
      for (let index = 0; index < soon.length; index += 1) largest = Math.max(largest, logESoon(index));
      return largest;
    },
    logEWindow,
    windowReaches: (logE) =>
      deciding.some(({ abort, logWeight }) => abort.logE + logWeight + logParts >= logE) && logEWindow() >= logE,
    logESoon,
    heaviest,
    logEPromote: () => deciding.reduce((least, { promote }) => Math.min(least, promote.logE), Number.POSITIVE_INFINITY),
    strongest() {
      const best = soon.reduce((top, _, index) => (logESoon(index) > logESoon(top) ? index : top), 0);
      if (soon.length > 0 && logESoon(best) > logEWindow()) return { guardrail: 'errorRate', horizon: best };
      return { guardrail: heaviest(), horizon: null };
    },
    metrics: () => metricsOf({ plan, baseline, rates, soon, meanCost, costs, lost, wiring }),
    state: () => ({
      rates: mapRates((name) => ({ abort: rates[name].abort.state(), promote: rates[name].promote.state() })),
      soon: soon.map((test) => test.state()),
      meanCost: { abort: meanCost.abort.state(), promote: meanCost.promote.state() },
      costs: { stable: { ...costs.stable }, candidate: { ...costs.candidate } },
      lost: { ...lost },
    }),
  };
};

const noSums: Sums = { n: 0, sum: 0 };

/** What an unknown call counts: good on the candidate and bad on stable for an abort, the other way round for a promotion. */
const worstCase: Readonly<Record<Arm, Pair<boolean>>> = {
  stable: { abort: true, promote: false },
  candidate: { abort: false, promote: true },
};
const good: Pair<boolean> = { abort: false, promote: false };
const bad: Pair<boolean> = { abort: true, promote: true };

const countedBad = (
  name: RateGuardrail,
  call: CallOutcome,
  at: Standing,
  arm: Arm,
  plan: CanaryPlan,
): Pair<boolean> | undefined => {
  if (at === standing.lost) return worstCase[arm];
  if (at === standing.alive) return good;
  const isBadCall = isBad(name, call, plan);
  return isBadCall === undefined ? undefined : isBadCall ? bad : good;
};
