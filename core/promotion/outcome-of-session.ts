import type { CallOutcome } from '../canary/outcome.ts';
import type { SessionRecord } from '../session/session-record.ts';
import type { PromotionId } from '../words/ids.ts';

/**
 * A session as the canary of `promotionId` sees it, open or ended; `undefined` when it is no part of the test: another
 * promotion, a probe, a caller's repeat, or a call that was drawn for nobody.
 */
export const outcomeOfSession = (record: SessionRecord, promotionId: PromotionId): CallOutcome | undefined => {
  const { assignment, countsInTest, result, aliveUntil } = record;
  if (assignment.promotionId !== promotionId || assignment.probe || !countsInTest) return undefined;
  if (assignment.arm === 'candidate' && assignment.weightPercent === 0) return undefined;
  const { sessionId, callerHash: callerId, arm, weightPercent, startedAt } = assignment;
  const vouched = aliveUntil === undefined ? {} : { aliveUntil };
  const call = { sessionId, callerId, arm, weightPercent, startedAt, ...vouched };
  if (result === undefined) return call;
  const { endedAt, recordedAt: stamp, lost, outcome, errorClass, costUsd, slowTurns, turns, taskSucceeded } = result;
  const stamped = stamp === undefined ? {} : { recordedAt: stamp };
  if (lost) return { ...call, ...stamped, lost };
  return {
    ...call,
    ...stamped,
    endedAt,
    outcome,
    errorClass: errorClass ?? null,
    costUsd,
    slowTurns,
    turns,
    taskSucceeded: taskSucceeded ?? null,
  };
};
