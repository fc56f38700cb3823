import { z } from 'zod';
import type { Analysis } from '#core/canary/analysis.ts';
import { decisionRecord } from '#core/canary/decision.ts';
import { outcomeOfSession } from '#core/promotion/outcome-of-session.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import { type ServiceSettings, settingsOf } from '#core/promotion/service-settings.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { Candidate, Head } from '#core/version-set/head.ts';
import type { PromotionId } from '#core/words/ids.ts';
import { abortOnEvidence, type AbortOnEvidencePorts } from './abort-on-evidence.ts';
import { type CanaryCalls, readCanaryCalls } from './read-canary-calls.ts';

export type JudgeCandidatePorts = AbortOnEvidencePorts & {
  readonly by: string;
  readonly promotions: Pick<PromotionStore, 'get'>;
  readonly sessions: Pick<SessionStore, 'listByService'>;
  readonly services: ServiceSettings;
};

/** What a warm function remembers of one canary. */
interface Memory {
  /** Where its calls stand, and what they are judged by. */
  readonly canary: CanaryCalls;
  analysis: Analysis;
  /** When records were last read, epoch milliseconds. */
  readMs: number;
}

/** Other instances of the function see other shards of the stream; their calls come in by reading the records this often. */
const rereadMs = 5_000;
/** The index follows the table within about a second; this much more is read again. */
const overlapMs = 60_000;
/** Canaries that one warm function remembers; an org runs one per version set. */
const maxMemories = 50;

export type Judged = 'not-decided' | 'aborted';

/**
 * Judges a candidate with every outcome, the moment it is written. What a warm function remembers only raises suspicion:
 * before anything is flipped, all records are read and judged again.
 */
export const judgeCandidate = (ports: JudgeCandidatePorts) => {
  const memories = new Map<PromotionId, Memory>();
  return async (head: Head, candidate: Candidate, changes: readonly SessionRecord[]): Promise<Judged> => {
    const { promotionId } = candidate;
    const nowMs = ports.clock.now();
    const memory = memories.get(promotionId) ?? (await openMemory(ports, head, candidate, nowMs));
    if (memory === undefined) return 'not-decided';
    if (memories.size >= maxMemories) memories.clear();
    memories.set(promotionId, memory);
    if (nowMs - memory.readMs > rereadMs) await readUnsettled(ports, memory, nowMs);
    observe(memory, changes);
    if (memory.analysis.verdict(nowMs).verdict !== 'abort') return 'not-decided';

    memory.analysis = await readCanaryCalls(ports, memory.canary);
    observe(memory, changes);
    const verdict = memory.analysis.verdict(nowMs);
    if (verdict.verdict !== 'abort') return 'not-decided';
    const { plan, baseline } = memory.canary;
    const { at, reason } = verdict;
    const record = z.json().parse(decisionRecord(plan, memory.analysis, verdict, baseline));
    const evidence = { at, reason, record, by: ports.by, logFields: { reason } };
    const isFlipped = await abortOnEvidence(ports)(head, candidate, evidence);
    memories.delete(promotionId);
    return isFlipped ? 'aborted' : 'not-decided';
  };
};

const openMemory = async (
  ports: JudgeCandidatePorts,
  { service, set }: Head,
  candidate: Candidate,
  nowMs: number,
): Promise<Memory | undefined> => {
  const promotion = await ports.promotions.get(candidate.promotionId);
  if (promotion === undefined) {
    ports.log.error('promotion-unknown', { trace_id: candidate.promotionId });
    return undefined;
  }
  const baseline = { errorRate: settingsOf(ports.services, service).baselineErrorRate };
  const canary = { service, set, candidate, plan: promotion.input.plan, baseline };
  return { canary, analysis: await readCanaryCalls(ports, canary), readMs: nowMs };
};

/** Only calls within the outcome window can still change; older ones are settled. */
const readUnsettled = async ({ sessions }: JudgeCandidatePorts, memory: Memory, nowMs: number): Promise<void> => {
  const { service, set, candidate, plan } = memory.canary;
  const windowMs = plan.outcomeWindowMinutes * 60_000;
  const fromMs = Math.max(Date.parse(candidate.startedAt), memory.readMs - windowMs - overlapMs);
  for await (const record of sessions.listByService(service, set, { from: new Date(fromMs) }))
    observe(memory, [record]);
  memory.readMs = nowMs;
};

const observe = ({ analysis, canary }: Memory, records: readonly SessionRecord[]): void => {
  for (const record of records) {
    const call = outcomeOfSession(record, canary.candidate.promotionId);
    if (call) analysis.observe(call);
  }
};
