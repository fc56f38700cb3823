import { z } from 'zod';
import type { Analysis } from '#core/canary/analysis.ts';
import { decisionRecord } from '#core/canary/decision.ts';
import type { CanaryPlan } from '#core/canary/plan.ts';
import type { Log } from '#core/log.ts';
import { outcomeOfSession } from '#core/promotion/outcome-of-session.ts';
import type { PromotionInput } from '#core/promotion/promotion-input.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import { type ServiceSettings, settingsOf } from '#core/promotion/service-settings.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { Candidate, Head } from '#core/version-set/head.ts';
import type { PromotionId } from '#core/words/ids.ts';
import { type AbortPorts, abortPromotion } from '../promotion/abort-promotion.ts';
import { type PagePorts, pagePromotion } from '../paging/page-promotion.ts';
import { analysisFromRecords } from './read-canary-calls.ts';

export interface WeighCandidatePorts {
  readonly sessions: Pick<SessionStore, 'listByService'>;
  readonly promotions: Pick<PromotionStore, 'get' | 'decide'>;
  readonly services: ServiceSettings;
  readonly abort: AbortPorts;
  readonly page: PagePorts;
  readonly log: Log;
  readonly now: () => Date;
}

/** What a warm function remembers of one canary. */
interface Scale {
  readonly input: PromotionInput;
  analysis: Analysis;
  /** When records were last read, epoch milliseconds. */
  readMs: number;
}

/** Other instances of the function see other shards of the stream; their calls come in by reading the records this often. */
const rereadMs = 5_000;

/** The index follows the table within about a second; this much more is read again. */
const overlapMs = 60_000;

/** Canaries that one warm function remembers; an org runs one per version set. */
const maxScales = 50;

export type Weighed = 'not-decided' | 'aborted';

/**
 * Weighs every outcome the moment it is written. The remembered analysis only raises suspicion: before anything is flipped,
 * all records are read and weighed again.
 */
export const createCandidateScale = (ports: WeighCandidatePorts) => {
  const scales = new Map<PromotionId, Scale>();
  return async (head: Head, candidate: Candidate, changes: readonly SessionRecord[]): Promise<Weighed> => {
    const nowMs = ports.now().getTime();
    const scale = scales.get(candidate.promotionId) ?? (await openScale(ports, head, candidate, nowMs));
    if (scale === undefined) return 'not-decided';
    if (scales.size >= maxScales) scales.clear();
    scales.set(candidate.promotionId, scale);
    if (nowMs - scale.readMs > rereadMs) await reread(ports, head, candidate, scale, nowMs);
    observe(scale.analysis, changes, candidate);
    if (scale.analysis.verdict(nowMs).verdict !== 'abort') return 'not-decided';

    scale.analysis = await readAll(ports, head, candidate, scale.input.plan);
    observe(scale.analysis, changes, candidate);
    const verdict = scale.analysis.verdict(nowMs);
    if (verdict.verdict !== 'abort') return 'not-decided';
    const baseline = baselineOf(ports, head);
    const { key } = await ports.promotions.decide(candidate.promotionId, {
      at: verdict.at,
      verdict: 'abort',
      reason: verdict.reason,
      record: z.json().parse(decisionRecord(scale.input.plan, scale.analysis, verdict, baseline)),
    });
    const { promotionId, release } = candidate;
    const { service, set } = head;
    const { reason } = verdict;
    const request = { promotionId, service, set, release, reason, decision: key, quarantine: true };
    const result = await abortPromotion(ports.abort)(request);
    scales.delete(promotionId);
    // Whoever moved the head tells people; the others have nothing to add.
    if (result.kind === 'already-promoted' || !result.flipped) return 'not-decided';
    ports.log.warn('candidate-aborted', { trace_id: promotionId, reason });
    await tellPeople(ports, scale.input);
    return 'aborted';
  };
};

const openScale = async (
  ports: WeighCandidatePorts,
  head: Head,
  candidate: Candidate,
  nowMs: number,
): Promise<Scale | undefined> => {
  const record = await ports.promotions.get(candidate.promotionId);
  if (record === undefined) {
    ports.log.error('promotion-unknown', { trace_id: candidate.promotionId });
    return undefined;
  }
  const { input } = record;
  return { input, analysis: await readAll(ports, head, candidate, input.plan), readMs: nowMs };
};

const readAll = (ports: WeighCandidatePorts, head: Head, candidate: Candidate, plan: CanaryPlan): Promise<Analysis> => {
  const { service, set } = head;
  return analysisFromRecords(ports.sessions, { service, set, candidate, plan, baseline: baselineOf(ports, head) });
};

/** Only calls within the outcome window can still change; older ones are settled. */
const reread = async (
  { sessions }: WeighCandidatePorts,
  { service, set }: Head,
  candidate: Candidate,
  scale: Scale,
  nowMs: number,
): Promise<void> => {
  const windowMs = scale.input.plan.outcomeWindowMinutes * 60_000;
  const fromMs = Math.max(Date.parse(candidate.startedAt), scale.readMs - windowMs - overlapMs);
  for await (const record of sessions.listByService(service, set, { from: new Date(fromMs) }))
    observe(scale.analysis, [record], candidate);
  scale.readMs = nowMs;
};

const observe = (analysis: Analysis, records: readonly SessionRecord[], { promotionId }: Candidate): void => {
  for (const record of records) {
    const call = outcomeOfSession(record, promotionId);
    if (call) analysis.observe(call);
  }
};

const baselineOf = ({ services }: WeighCandidatePorts, { service }: Head) => ({
  errorRate: settingsOf(services, service).baselineErrorRate,
});

/** The flip stands already, so a page that cannot be sent is logged; the workflow sends it, too. */
const tellPeople = async ({ page, log }: WeighCandidatePorts, promotion: PromotionInput): Promise<void> => {
  try {
    await pagePromotion(page)({ promotion, kind: 'aborted' });
  } catch (error) {
    const { promotionId } = promotion;
    log.error('page-failed', { trace_id: promotionId, error: error instanceof Error ? error : String(error) });
  }
};
