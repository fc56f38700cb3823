import type { CallOutcome } from '../canary/outcome.ts';
import type { SessionRecord } from '../session/session-record.ts';
import type { PromotionId } from '../words/ids.ts';

/**
 * A session as the canary of `promotionId` sees it, open or ended; `undefined` when it is no part of the test: another
 * promotion, a probe, a caller's repeat, or a call that was drawn for nobody.
 */
export const outcomeOfSession = (record: SessionRecord, promotionId: PromotionId): CallOutcome | undefined => {
  const { assignment, countsInTest, result } = record;
  if (assignment.promotionId !== promotionId || assignment.probe || !countsInTest) return undefined;
  if (assignment.arm === 'candidate' && assignment.weightPercent === 0) return undefined;
  const { sessionId, callerHash: callerId, arm, weightPercent, startedAt } = assignment;
  const call = { sessionId, callerId, arm, weightPercent, startedAt };
  if (result === undefined) return call;
  const { endedAt, outcome, errorClass, costUsd, slowTurns, turns, taskSucceeded } = result;
  return {
    ...call,
    endedAt,
    outcome,
    errorClass: errorClass ?? null,
    costUsd,
    slowTurns,
    turns,
    taskSucceeded: taskSucceeded ?? null,
  };
};
