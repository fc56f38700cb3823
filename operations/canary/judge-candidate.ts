import { z } from 'zod';
import { decisionRecord } from '#core/canary/decision.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import { type ServiceSettings } from '#core/promotion/service-settings.ts';
import type { CallRecord } from '#core/session/call-records.ts';
import type { Candidate, Head } from '#core/version-set/head.ts';
import { abortOnEvidence, type AbortOnEvidencePorts } from './abort-on-evidence.ts';
import { canaryComparison } from './comparison.ts';
import type { judge } from './judge.ts';

export type JudgeCandidatePorts = AbortOnEvidencePorts & {
  readonly by: string;
  readonly promotions: Pick<PromotionStore, 'get'>;
  readonly judge: ReturnType<typeof judge>;
  readonly services: ServiceSettings;
};

/** Judges a candidate with every outcome, the moment it is written, and takes it back on the evidence. */
export const judgeCandidate =
  (ports: JudgeCandidatePorts) =>
  async (head: Head, candidate: Candidate, changes: readonly CallRecord[]): Promise<'not-decided' | 'aborted'> => {
    const promotion = await ports.promotions.get(candidate.promotionId);
    if (promotion === undefined) {
      ports.log.error('promotion-unknown', { trace_id: candidate.promotionId });
      return 'not-decided';
    }
    const comparison = canaryComparison(head, candidate, promotion.input.plan, ports.services);
    const { verdict, analysis } = await ports.judge(comparison, { kind: 'outcomes', changes });
    if (verdict.verdict !== 'abort') return 'not-decided';
    const { at, reason } = verdict;
    const record = z.json().parse(decisionRecord(comparison.plan, analysis, verdict, comparison.baseline));
    const evidence = { at, reason, record, by: ports.by, logFields: { reason } };
    return (await abortOnEvidence(ports)(head, candidate, evidence)) ? 'aborted' : 'not-decided';
  };
