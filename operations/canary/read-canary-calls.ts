import type { Baseline } from '#core/canary/guardrail-wiring.ts';
import { type Analysis, createAnalysis } from '#core/canary/analysis.ts';
import type { CanaryPlan } from '#core/canary/plan.ts';
import { outcomeOfSession } from '#core/promotion/outcome-of-session.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { Candidate } from '#core/version-set/head.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';

export interface CanaryCalls {
  readonly service: ServiceName;
  readonly set: SetName;
  readonly candidate: Pick<Candidate, 'promotionId' | 'startedAt'>;
  readonly plan: CanaryPlan;
  readonly baseline: Baseline;
  /** Leave calls out that are still live: for a question that cannot wait for them. @default false */
  readonly endedOnly?: boolean;
}

/** An analysis that has seen every call of a canary, read from the session records: nothing before this moment is needed. */
export const readCanaryCalls = async (
  { sessions }: { readonly sessions: Pick<SessionStore, 'listByService'> },
  { service, set, candidate, plan, baseline, endedOnly = false }: CanaryCalls,
): Promise<Analysis> => {
  const analysis = createAnalysis(plan, { baseline, sinceMs: Date.parse(candidate.startedAt) });
  for await (const record of sessions.listByService(service, set, { from: new Date(candidate.startedAt) })) {
    const call = outcomeOfSession(record, candidate.promotionId);
    if (call && (!endedOnly || call.endedAt)) analysis.observe(call);
  }
  return analysis;
};
