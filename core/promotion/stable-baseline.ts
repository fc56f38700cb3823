import { storedDecisionRecord, type DecisionRecord } from '../canary/decision.ts';
import { guardrailDefaults } from '../canary/guardrail.ts';
import type { CanaryPlan } from '../canary/plan.ts';
import type { StableBaseline } from '../canary/suspicion.ts';
import type { Decision } from './promotion-store.ts';

/** What is known before anything was measured weighs as much as so many calls. */
const knownCalls = 30;

/**
 * What is normal for stable: what the canary measured of both arms when it was promoted, steadied by what the org states of the service.
 * @param decisions of the promotion that brought stable, newest first; those after its promotion are about stable itself
 */
export const stableBaseline = (
  statedErrorRate: number,
  plan: CanaryPlan,
  decisions: readonly Pick<Decision, 'verdict' | 'record'>[],
): StableBaseline => {
  const measured = promotedBy(decisions)?.verdict.metrics;
  const interventions = guardrailDefaults.interventionRate.baselinePercent / 100;
  const { baselineUsd = plan.costCapUsd / 4 } = plan.guardrails.meanCost;
  return {
    errorRate: steadied(statedErrorRate, measured && bothArms(measured.errorRate)),
    soon: plan.horizons.map(({ seconds }) => {
      const horizon = measured?.errorRate.horizons.find((one) => one.seconds === seconds);
      return steadied(statedErrorRate, horizon && bothArms(horizon));
    }),
    interventionRate: steadied(interventions, measured && bothArms(measured.interventionRate)),
    meanCost: steadied(baselineUsd, measured && bothCosts(measured.meanCost)),
  };
};

/** The latest decision that let a canary's release become stable. */
const promotedBy = (decisions: readonly Pick<Decision, 'verdict' | 'record'>[]): DecisionRecord | undefined => {
  for (const { verdict, record } of decisions) {
    const found = verdict === 'promote' ? storedDecisionRecord.recognize(record) : undefined;
    if (found && found.comparison === undefined) return found;
  }
  return undefined;
};

interface Measured {
  readonly n: number;
  readonly sum: number;
}

const steadied = (known: number, measured: Measured | undefined): number =>
  measured === undefined ? known : (measured.sum + knownCalls * known) / (measured.n + knownCalls);

interface Counts {
  readonly n: number;
  readonly bad: number;
}

const bothArms = ({ stable, candidate }: { readonly stable: Counts; readonly candidate: Counts }): Measured => ({
  n: stable.n + candidate.n,
  sum: stable.bad + candidate.bad,
});

interface Costs {
  readonly n: number;
  readonly sumUsd: number;
}

const bothCosts = ({ stable, candidate }: { readonly stable: Costs; readonly candidate: Costs }): Measured => ({
  n: stable.n + candidate.n,
  sum: stable.sumUsd + candidate.sumUsd,
});
