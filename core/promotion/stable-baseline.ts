import type { BreakerBaseline } from '../canary/breaker.ts';
import { storedDecisionRecord } from '../canary/decision.ts';
import { guardrailDefaults } from '../canary/guardrail.ts';

/** Calls that a measured baseline rests on at least. */
const fewestCalls = 30;
/** Cost of a call in US dollars until one was measured. */
const defaultMeanCostUsd = 0.25;

/**
 * What is normal for the stable release: the service's own error rate as the org states it, and what the canary measured of
 * both arms when the release was promoted.
 * @param decision record of the decision that promoted the release; anything else counts as none
 */
export const stableBaseline = (baselineErrorRate: number, decision: unknown): BreakerBaseline => {
  const defaults = {
    errorRate: baselineErrorRate,
    interventionRate: guardrailDefaults.interventionRate.baselinePercent / 100,
    meanCost: defaultMeanCostUsd,
  };
  const record = storedDecisionRecord.recognize(decision);
  if (record === undefined) return defaults;
  const { interventionRate, meanCost } = record.verdict.metrics;
  const interventions = interventionRate.stable.n + interventionRate.candidate.n;
  const costs = meanCost.stable.n + meanCost.candidate.n;
  return {
    errorRate: baselineErrorRate,
    interventionRate:
      interventions < fewestCalls
        ? defaults.interventionRate
        : (interventionRate.stable.bad + interventionRate.candidate.bad) / interventions,
    meanCost: costs < fewestCalls ? defaults.meanCost : (meanCost.stable.sumUsd + meanCost.candidate.sumUsd) / costs,
  };
};
