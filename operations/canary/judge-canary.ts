import { decisionRecord } from '#core/canary/decision.ts';
import { exposureLeaseSeconds, type NextAction, nextAction } from '#core/canary/progress.ts';
import type { Verdict } from '#core/canary/verdict.ts';
import { type Decision, decisionKey, type PromotionStore } from '#core/promotion/promotion-store.ts';
import { type ServiceSettings, settingsOf } from '#core/promotion/service-settings.ts';
import type { AnalysisStep, AnalyzeInput } from '#core/promotion/steps.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import { type Candidate, endedAs, type Head } from '#core/version-set/head.ts';
import type { History } from '#core/version-set/history.ts';
import { carryOut } from './carry-out.ts';
import { analysisFromRecords } from './read-canary-calls.ts';

export interface AnalyzePorts {
  readonly heads: Pick<HeadStore, 'read' | 'apply'>;
  readonly history: Pick<History, 'list'>;
  readonly sessions: Pick<SessionStore, 'listByService'>;
  readonly promotions: Pick<PromotionStore, 'decisions' | 'decide'>;
  readonly services: ServiceSettings;
  readonly now: () => Date;
  readonly by: string;
}

/** Weighs all calls of the canary from their records, and does what the plan says next. */
export const analyze =
  (ports: AnalyzePorts) =>
  async (event: AnalyzeInput): Promise<AnalysisStep> => {
    const { promotionId, service, set, plan } = event;
    const loop = (event.analysis?.loop ?? 0) + 1;
    const head = await ports.heads.read(service, set);
    const candidate = head?.candidate;
    if (!head || candidate?.promotionId !== promotionId) return endedElsewhere(ports, event, head, loop);

    const baseline = { errorRate: settingsOf(ports.services, service).baselineErrorRate };
    const nowMs = ports.now().getTime();
    const analysis = await analysisFromRecords(ports.sessions, { service, set, candidate, plan, baseline });
    const verdict = analysis.verdict(nowMs);
    const [latest] = await ports.promotions.decisions(promotionId, 1);
    const next = nextAction(plan, {
      weightPercent: candidate.weightPercent,
      secondsAtWeight: secondsSince(await weightSince(ports.history, head, candidate), nowMs),
      secondsSinceStart: secondsSince(candidate.startedAt, nowMs),
      secondsUnknown: secondsUnknown(verdict, latest, nowMs),
      verdict,
    });
    const action = whileFrozen(head, next);
    const exposureUntil = new Date(nowMs + exposureLeaseSeconds(plan) * 1_000).toISOString();
    return carryOut(ports)({
      head,
      candidate,
      action,
      verdict,
      exposureUntil,
      loop,
      latest,
      record: () => decisionRecord(plan, analysis, verdict, baseline),
    });
  };

/**
 * Somebody else ended it: the in-band path, an alarm, a person. The workflow follows, and repeats what a measured abort
 * brings with it: whoever flipped may have died before the quarantine.
 */
const endedElsewhere = async (
  { promotions }: AnalyzePorts,
  { promotionId }: AnalyzeInput,
  head: Head | undefined,
  loop: number,
): Promise<AnalysisStep> => {
  const reason = head?.lastTransition.reason ?? 'the version set has no head';
  const step = { waitSeconds: 1, loop, weightPercent: 0, reason };
  if (head !== undefined && endedAs(head, promotionId, 'promoted')) return { ...step, action: 'promote' };
  const [latest] = await promotions.decisions(promotionId, 1);
  if (latest?.verdict !== 'abort') return { ...step, action: 'abort' };
  return { ...step, action: 'abort', verdict: 'abort', decision: decisionKey(promotionId, latest.number) };
};

/** A frozen set may lose exposure and never gains any. */
const whileFrozen = ({ frozen }: Head, action: NextAction): NextAction =>
  frozen && (action.kind === 'advance' || action.kind === 'promote')
    ? { kind: 'hold', seconds: 30, reason: `frozen by ${frozen.by}: ${frozen.reason}` }
    : action;

/** The latest transition that set the candidate's weight. Freezing in between does not restart the bake. */
const weightSince = async (history: Pick<History, 'list'>, head: Head, candidate: Candidate): Promise<string> => {
  if (setsWeight(head.lastTransition)) return head.lastTransition.at;
  const entries = await history.list(head.service, head.set, 50);
  return entries.find(setsWeight)?.at ?? candidate.startedAt;
};

const setsWeight = ({ kind }: Head['lastTransition']): boolean => kind === 'start-canary' || kind === 'set-weight';

/** A decision is written when the verdict changes, so the latest one says since when nothing could be measured. */
const secondsUnknown = (verdict: Verdict, latest: Decision | undefined, nowMs: number): number =>
  verdict.verdict === 'unknown' && latest?.verdict === 'unknown' ? secondsSince(latest.at, nowMs) : 0;

const secondsSince = (at: string, nowMs: number): number => Math.max(0, (nowMs - Date.parse(at)) / 1_000);
