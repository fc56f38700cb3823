import type { Baseline } from '#core/canary/guardrail-wiring.ts';
import { type Analysis, createAnalysis } from '#core/canary/analysis.ts';
import type { CanaryPlan } from '#core/canary/plan.ts';
import type { ServiceName, SetName } from '#core/org/names.ts';
import { outcomeOfSession } from '#core/promotion/outcome-of-session.ts';
import type { Candidate } from '#core/version-set/head.ts';
import type { SessionStore } from './session-store.ts';

export interface CanaryToAnalyze {
  readonly service: ServiceName;
  readonly set: SetName;
  readonly candidate: Pick<Candidate, 'promotionId' | 'startedAt'>;
  readonly plan: CanaryPlan;
  readonly baseline: Baseline;
}

/** An analysis that has seen every call of a canary, read from the session records: nothing before this moment is needed. */
export const analysisFromRecords = async (
  sessions: Pick<SessionStore, 'listByService'>,
  { service, set, candidate, plan, baseline }: CanaryToAnalyze,
): Promise<Analysis> => {
  const analysis = createAnalysis(plan, { baseline, sinceMs: Date.parse(candidate.startedAt) });
  for await (const record of sessions.listByService(service, set, { from: new Date(candidate.startedAt) })) {
    const call = outcomeOfSession(record, candidate.promotionId);
    if (call) analysis.observe(call);
  }
  return analysis;
};
