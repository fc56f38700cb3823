import { soonWorseAlternatives } from './alternatives.ts';
import type { BoundedMeanOptions } from './bounded-mean.ts';
import type { EProcessOptions } from './e-process.ts';
import { type GuardrailName, type RateGuardrail, guardrailNames } from './guardrail.ts';
import type { CanaryPlan } from './plan.ts';
import type { NullSide } from './projection.ts';

/** What is known of stable before the canary: rates in [0, 1], mean cost in US dollars. Absent ones come from the plan. */
export type Baseline = Readonly<Partial<Record<GuardrailName, number>>>;

/** Which test a plan and a baseline make of each guardrail and horizon. */
export interface Wiring {
  rate(name: RateGuardrail, side: NullSide): EProcessOptions;
  /** The error rate at short horizon number `index`. */
  soon(index: number): EProcessOptions;
  cost(side: NullSide): BoundedMeanOptions;
  /** Logarithm of the guardrail's part of alpha at W. */
  logWeight(name: GuardrailName): number;
  logSoonWeight(index: number): number;
  /** Margin of the error rate at a short horizon, as a rate: the plan's, and what stable fails later. */
  soonMargin(index: number): number;
}

/** How much of stable's failures a first guess expects at a short horizon; soon outweighed by its calls. */
const guessedSoonShare = 0.25;
/** Default bound on what stable fails later: so many times its error rate, and a point for a rate that was stated too low. */
const laterFactor = 1.2;
const laterExtra = 0.01;

export const mapRates = <T>(make: (name: RateGuardrail) => T): Record<RateGuardrail, T> => ({
  errorRate: make('errorRate'),
  taskSuccess: make('taskSuccess'),
  interventionRate: make('interventionRate'),
  slowTurnRate: make('slowTurnRate'),
  overBudgetRate: make('overBudgetRate'),
});

/** Stable's rate before the canary: measured or stated for the service, or the plan's. */
export const baselineRate = (name: RateGuardrail, plan: CanaryPlan, baseline: Baseline): number =>
  baseline[name] ?? plan.guardrails[name].baselinePercent / 100;

/** Stable's mean cost before the canary, for a forecast; undefined: nobody said. */
export const baselineUsd = (plan: CanaryPlan, baseline: Baseline): number | undefined =>
  baseline.meanCost ?? plan.guardrails.meanCost.baselineUsd;

export const wiringOf = (plan: CanaryPlan, baseline: Baseline): Wiring => {
  const shares = alphaShares(plan);
  const logThreshold = Math.log(1 / plan.alpha);
  const logWeight = (name: GuardrailName): number =>
    Math.log((shares.get(name) ?? 1) * (name === 'errorRate' ? plan.windowWeight : 1));
  const logSoonWeight = (index: number): number =>
    Math.log((shares.get('errorRate') ?? 0) * (plan.horizons[index]?.weight ?? 0));
  const errors = baselineRate('errorRate', plan, baseline);
  const soonMargin = (index: number): number => {
    const margin = plan.guardrails.errorRate.marginPercentagePoints / 100;
    const laterPercent = plan.horizons[index]?.laterPercent;
    const later = laterPercent === undefined ? laterFactor * errors + laterExtra : laterPercent / 100;
    return Math.min(mostMargin, margin + later);
  };

  return {
    rate: (name, side) => ({
      side,
      margin: plan.guardrails[name].marginPercentagePoints / 100,
      baseline: baselineRate(name, plan, baseline),
      logThreshold: side === 'at-most' ? logThreshold - logWeight(name) : logThreshold,
    }),
    soon: (index) => ({
      side: 'at-most',
      margin: soonMargin(index),
      baseline: guessedSoonShare * errors,
      logThreshold: logThreshold - logSoonWeight(index),
      alternatives: soonWorseAlternatives,
    }),
    cost: (side) => ({ side, margin: plan.guardrails.meanCost.marginUsd, cap: plan.costCapUsd }),
    logWeight,
    logSoonWeight,
    soonMargin,
  };
};

/** A margin of 1 could never be exceeded. */
const mostMargin = 0.95;

/** Every deciding guardrail's part of alpha; the parts add up to 1. Without the error rate its horizons decide nothing. */
const alphaShares = (plan: CanaryPlan): ReadonlyMap<GuardrailName, number> => {
  const deciding = guardrailNames.filter((name) => plan.guardrails[name].enabled);
  const total = deciding.reduce((sum, name) => sum + plan.guardrails[name].alphaWeight, 0);
  return new Map(deciding.map((name) => [name, plan.guardrails[name].alphaWeight / total]));
};
