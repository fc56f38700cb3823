import { z } from 'zod';
import type { CallOutcome } from '../canary/outcome.ts';
import { type CallRecord, CallRecord as CallRecordSchema, type MalformedCall } from '../session/call-records.ts';
import type { Arm, TestArm } from '../words/arm.ts';
import type { PromotionId } from '../words/ids.ts';

/** Which side of the test the arms of a comparison are on; the others are no part of it. */
export type ArmSides = Readonly<Partial<Record<Arm, TestArm>>>;

export const canarySides: ArmSides = { stable: 'stable', candidate: 'candidate' };
/** After a promotion stable is in question, and last-good is what it is compared with. */
export const holdbackSides: ArmSides = { holdback: 'stable', stable: 'candidate' };

type Assigned = CallRecord['assignment'];

/**
 * A session as the comparison `comparisonId` sees it, open or ended; `undefined` when it is no part of the test: another
 * comparison, a probe, a caller's repeat, or a call that was drawn for nobody.
 */
export const outcomeOfSession = (
  record: CallRecord,
  comparisonId: PromotionId,
  sides: ArmSides = canarySides,
): CallOutcome | undefined => {
  const { assignment, countsInTest } = record;
  if (assignment.promotionId !== comparisonId || assignment.probe || !countsInTest) return undefined;
  const side = sideOf(assignment, sides);
  return side && callOnSide(record, side);
};

/**
 * A call on stable, whatever is compared with it, for whoever watches stable alone; callers' repeats are among them.
 * @returns undefined for a probe, and for a call of another arm
 */
export const callOnStable = (record: CallRecord): CallOutcome | undefined => {
  const { arm, probe } = record.assignment;
  return arm === 'stable' && !probe ? callOnSide(record, { arm: 'candidate', weightPercent: 100 }) : undefined;
};

type Side = Pick<CallOutcome, 'arm' | 'weightPercent'>;

const callOnSide = ({ assignment, result, aliveUntil }: CallRecord, side: Side): CallOutcome => {
  const { sessionId, callerHash: callerId, startedAt } = assignment;
  const vouched = aliveUntil === undefined ? {} : { aliveUntil };
  const call = { sessionId, callerId, ...side, startedAt, ...vouched };
  if (result === undefined) return call;
  const { endedAt, lost, outcome, errorClass, costUsd, slowTurns, turns, taskSucceeded } = result;
  const stamped = stampOf(result);
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

/** An end that lies in the future of its stamp is nothing that was known by then: it counts when its time has come. */
const stampOf = ({ endedAt, recordedAt }: NonNullable<CallRecord['result']>): Pick<CallOutcome, 'recordedAt'> => {
  if (recordedAt === undefined) return {};
  return { recordedAt: recordedAt > endedAt ? recordedAt : endedAt };
};

/** The test's weight is that of the release in question, the record's that of the second release beside stable. */
const sideOf = ({ arm, weightPercent }: Pick<Assigned, 'arm' | 'weightPercent'>, sides: ArmSides): Side | undefined => {
  const side = sides[arm];
  if (side === undefined || (arm !== 'stable' && weightPercent === 0)) return undefined;
  return { arm: side, weightPercent: sides.stable === 'candidate' ? 100 - weightPercent : weightPercent };
};

/** A start row is written with the hand-over; one that comes later than this after the start may find its place settled. */
const latestOpeningMs = 30_000;

/** Its start row was written so late that a judge may have gone on without it, so no judge counts it. */
export const isOpenedLate = ({ assignment, openedAt }: CallRecord): boolean =>
  openedAt !== undefined && Date.parse(openedAt) - Date.parse(assignment.startedAt) > latestOpeningMs;

const { assignment } = CallRecordSchema.unwrap().shape;

/** The part of a damaged record that says which side of a test its call was on. */
const Readable = z.object({
  assignment: z.object({
    ...assignment.unwrap().pick({ promotionId: true, arm: true, probe: true, weightPercent: true }).shape,
    callerHash: z.string().min(1).optional().catch(undefined),
  }),
  countsInTest: z.boolean().catch(true),
});

/**
 * What a record that cannot be read counts: unknown on its side, as a call that was lost. When not even that can be read, unknown on both,
 * so that it can hold a decision and never bring one.
 */
export const outcomesOfMalformed = (
  { sessionId, startedAt, record }: MalformedCall,
  comparisonId: PromotionId,
  sides: ArmSides = canarySides,
): readonly CallOutcome[] => {
  if (Number.isNaN(Date.parse(startedAt))) return [];
  const unknown = { startedAt, recordedAt: startedAt, lost: 'after-hand-over' } as const;
  const readable = Readable.safeParse(record).data;
  if (readable === undefined) {
    return (['stable', 'candidate'] as const).map((arm) => {
      const id = `${sessionId}#${arm}`;
      return { ...unknown, sessionId: id, callerId: id, arm, weightPercent: 50 };
    });
  }
  const { promotionId, probe, callerHash = sessionId, ...place } = readable.assignment;
  const side = sideOf(place, sides);
  if (promotionId !== comparisonId || probe || !readable.countsInTest || side === undefined) return [];
  return [{ ...unknown, sessionId, callerId: callerHash, ...side }];
};
