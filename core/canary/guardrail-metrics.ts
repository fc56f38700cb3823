import type { TestArm } from '../words/arm.ts';
import type { CostTest } from './cost-test.ts';
import type { EProcess } from './e-process.ts';
import { type RateGuardrail, guardrailNames } from './guardrail.ts';
import { type Wiring, mapRates } from './guardrail-wiring.ts';
import type { CanaryPlan } from './plan.ts';
import type { ErrorMetric, MeanMetric, Metrics, RateMetric } from './verdict.ts';

interface Pair<Test> {
  readonly abort: Test;
  readonly promote: Test;
}

export interface Measured {
  readonly plan: CanaryPlan;
  readonly wiring: Wiring;
  readonly rates: Readonly<Record<RateGuardrail, Pair<EProcess>>>;
  readonly soon: readonly EProcess[];
  readonly meanCost: CostTest;
  readonly lost: Readonly<Record<TestArm, number>>;
}

/** What was measured, in counts that people know: unknown calls, which the tests count at their worst, are left out. */
export const metricsOf = (measured: Measured): Metrics => {
  const { plan, rates, lost } = measured;
  const rateOf = (name: RateGuardrail): RateMetric => {
    const { abort, promote } = rates[name];
    const { stable, candidate } = abort;
    const seen = stable.n + candidate.n > 0;
    return {
      // Against an abort an unknown call counts as bad on stable and as good on the candidate.
      stable: seen ? { n: stable.n - lost.stable, bad: stable.bad - lost.stable } : stable,
      candidate: seen ? { n: candidate.n - lost.candidate, bad: candidate.bad } : candidate,
      logEAbort: abort.logE,
      logEPromote: promote.logE,
      marginPercentagePoints: plan.guardrails[name].marginPercentagePoints,
      decides: plan.guardrails[name].enabled,
    };
  };
  const others = mapRates(rateOf);
  return { ...others, errorRate: { ...others.errorRate, horizons: horizonsOf(measured) }, meanCost: costOf(measured) };
};

const horizonsOf = ({ plan, soon, wiring }: Measured): ErrorMetric['horizons'] =>
  soon.map(({ stable, candidate, logE }, index) => ({
    seconds: plan.horizons[index]?.seconds ?? 0,
    weight: plan.horizons[index]?.weight ?? 0,
    marginPercentagePoints: pointsOf(wiring.soonMargin(index)),
    stable,
    candidate,
    logEAbort: logE,
  }));

/** 0.105 → 10.5, without the noise of binary fractions. */
const pointsOf = (rate: number): number => Number((100 * rate).toFixed(6));

const costOf = ({ plan, meanCost }: Measured): MeanMetric => {
  const { costs } = meanCost;
  return {
    stable: { n: costs.stable.n, sumUsd: costs.stable.sum },
    candidate: { n: costs.candidate.n, sumUsd: costs.candidate.sum },
    logEAbort: meanCost.abort.logE,
    logEPromote: meanCost.promote.logE,
    marginUsd: plan.guardrails.meanCost.marginUsd,
    decides: plan.guardrails.meanCost.enabled,
  };
};

/** Share of bad calls; 0 before the first. */
const rate = ({ n, bad }: { readonly n: number; readonly bad: number }): number => (n === 0 ? 0 : bad / n);

/**
 * Whether the candidate's estimate lies above stable's plus the margin on a guardrail that decides, at any horizon: then exposure
 * does not grow, however little that proves.
 * @param lostCandidate candidate calls of which nobody knows what became; they count as bad here
 */
export const isAboveMargin = (metrics: Metrics, lostCandidate: number): boolean => {
  const above = guardrailNames.some((name) => {
    const metric = metrics[name];
    if (!metric.decides || metric.candidate.n + lostCandidate === 0) return false;
    if ('marginUsd' in metric) {
      const { stable, candidate, marginUsd } = metric;
      const reference = stable.n === 0 ? undefined : stable.sumUsd / stable.n;
      return candidate.n > 0 && reference !== undefined && candidate.sumUsd / candidate.n > reference + marginUsd;
    }
    const { stable, candidate, marginPercentagePoints } = metric;
    const counted = { n: candidate.n + lostCandidate, bad: candidate.bad + lostCandidate };
    return rate(counted) > rate(stable) + marginPercentagePoints / 100;
  });
  const { decides, horizons } = metrics.errorRate;
  const soon = horizons.some(
    ({ stable, candidate, marginPercentagePoints }) => rate(candidate) > rate(stable) + marginPercentagePoints / 100,
  );
  return above || (decides && soon);
};
