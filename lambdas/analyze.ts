import { analysisFromRecords } from '#aws/canary-calls.ts';
import { openTable } from '#aws/dynamodb.ts';
import { type HeadStore, headStore } from '#aws/head-store.ts';
import { type History, history } from '#aws/history.ts';
import { type PromotionStore, decisionKey, promotionStore } from '#aws/promotion-store.ts';
import { type SessionStore, sessionStore } from '#aws/session-store.ts';
import { decisionRecord } from '#core/canary/decision.ts';
import { exposureLeaseSeconds, nextAction } from '#core/canary/progress.ts';
import { type ServiceSettings, settingsOf } from '#core/promotion/service-settings.ts';
import { type Candidate, type Head, endedAs } from '#core/version-set/head.ts';
import { carryOut } from './carry-out.ts';
import { lambdaHandler } from './handler.ts';
import { AnalysisStep, Promotion } from './promotion-step.ts';

export const AnalyzeEvent = Promotion.extend({ analysis: AnalysisStep.optional() });
export type AnalyzeEvent = ReturnType<typeof AnalyzeEvent.parse>;

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
  async (event: AnalyzeEvent): Promise<AnalysisStep> => {
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
    const { frozen } = head;
    const action = nextAction(plan, {
      weightPercent: candidate.weightPercent,
      secondsAtWeight: secondsSince(await weightSince(ports.history, head, candidate), nowMs),
      secondsSinceStart: secondsSince(candidate.startedAt, nowMs),
      ...(frozen && { frozen: `by ${frozen.by}: ${frozen.reason}` }),
      verdict,
    });
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
  { promotionId }: AnalyzeEvent,
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

/** The latest transition that set the candidate's weight. Freezing in between does not restart the bake. */
const weightSince = async (history: Pick<History, 'list'>, head: Head, candidate: Candidate): Promise<string> => {
  if (setsWeight(head.lastTransition)) return head.lastTransition.at;
  const entries = await history.list(head.service, head.set, 50);
  return entries.find(setsWeight)?.at ?? candidate.startedAt;
};

const setsWeight = ({ kind }: Head['lastTransition']): boolean => kind === 'start-canary' || kind === 'set-weight';

const secondsSince = (at: string, nowMs: number): number => Math.max(0, (nowMs - Date.parse(at)) / 1_000);

export const handler = lambdaHandler('analyze', AnalyzeEvent, ({ connection, environment, now, by }) => {
  const registry = openTable(connection, environment.REGISTRY_TABLE);
  return analyze({
    heads: headStore(registry),
    history: history(registry),
    sessions: sessionStore(openTable(connection, environment.SESSIONS_TABLE)),
    promotions: promotionStore(registry),
    services: environment.SERVICES,
    now,
    by,
  });
});
