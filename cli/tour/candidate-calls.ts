import type { SessionRecord } from '#core/session/session-record.ts';
import type { PromotionId } from '#core/words/ids.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import type { OrgAccess } from '../org/org-access.ts';
import type { TourReport } from './report.ts';

export interface SetOfCalls {
  readonly service: ServiceName;
  readonly set: SetName;
}

/** Calls that met a candidate, in the order of their start. */
export interface CandidateCalls {
  readonly promotionId: PromotionId;
  readonly started: readonly SessionRecord[];
  /** `7 completed, 5 failed` */
  readonly summary: string;
}

export const candidateCalls = async (
  access: OrgAccess,
  { service, set }: SetOfCalls,
  promotionId: PromotionId,
): Promise<CandidateCalls> => {
  const record = await access.promotions.get(promotionId);
  const from = new Date(record?.startedAt ?? 0);
  const started: SessionRecord[] = [];
  for await (const session of access.sessions.listByService(service, set, { from })) {
    const { arm, probe, promotionId: of } = session.assignment;
    if (arm === 'candidate' && of === promotionId && !probe) started.push(session);
  }
  const counts = new Map<string, number>();
  for (const { result } of started) {
    const outcome = result?.outcome ?? 'live';
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  const summary = [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ') || 'none';
  return { promotionId, started, summary };
};

/** From the write that took a candidate out of the head to the last call that started on it. */
export const flipOf = async (
  access: OrgAccess,
  { service, set }: SetOfCalls,
  { promotionId, started }: CandidateCalls,
): Promise<TourReport['flip']> => {
  const entries = await access.history.list(service, set);
  const decision = entries.find(
    (entry) => entry.promotionId === promotionId && (entry.kind === 'abort' || entry.kind === 'roll-back'),
  );
  const last = started.at(-1)?.assignment.startedAt ?? null;
  return {
    decidedAt: decision?.at ?? null,
    lastCandidateSessionAt: last,
    ms: decision === undefined || last === null ? null : Date.parse(last) - Date.parse(decision.at),
  };
};
