import type { CallOutcome } from '../canary/outcome.ts';
import type { SessionAssignment, SessionRecord } from '../session/session-record.ts';
import type { Arm, TestArm } from '../words/arm.ts';
import type { PromotionId } from '../words/ids.ts';

/** Which side of the test the arms of a comparison are on; the others are no part of it. */
export type ArmSides = Readonly<Partial<Record<Arm, TestArm>>>;

export const canarySides: ArmSides = { stable: 'stable', candidate: 'candidate' };
/** After a promotion stable is in question, and last-good is what it is compared with. */
export const holdbackSides: ArmSides = { holdback: 'stable', stable: 'candidate' };

/**
 * A session as the comparison `comparisonId` sees it, open or ended; `undefined` when it is no part of the test: another
 * comparison, a probe, a caller's repeat, or a call that was drawn for nobody.
 */
export const outcomeOfSession = (
  record: SessionRecord,
  comparisonId: PromotionId,
  sides: ArmSides = canarySides,
): CallOutcome | undefined => {
  const { assignment, countsInTest, result, aliveUntil } = record;
  if (assignment.promotionId !== comparisonId || assignment.probe || !countsInTest) return undefined;
  const side = sideOf(assignment, sides);
  if (side === undefined) return undefined;
  const { sessionId, callerHash: callerId, startedAt } = assignment;
  const vouched = aliveUntil === undefined ? {} : { aliveUntil };
  const call = { sessionId, callerId, ...side, startedAt, ...vouched };
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

/** The test's weight is that of the release in question, the record's that of the second release beside stable. */
const sideOf = (
  { arm, weightPercent }: SessionAssignment,
  sides: ArmSides,
): Pick<CallOutcome, 'arm' | 'weightPercent'> | undefined => {
  const side = sides[arm];
  if (side === undefined || (arm !== 'stable' && weightPercent === 0)) return undefined;
  return { arm: side, weightPercent: sides.stable === 'candidate' ? 100 - weightPercent : weightPercent };
};
