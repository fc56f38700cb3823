import { z } from 'zod';
import { stored } from '../stored.ts';
import type { ServiceName, SetName } from '../words/names.ts';
import { SessionAssignment, SessionRecord, SessionResult } from './session-record.ts';

/** What a judge needs of a session; the rest stays in the table. Every session record is one. */
export const CallRecord = z
  .object({
    assignment: SessionAssignment.unwrap()
      .pick({
        sessionId: true,
        callerHash: true,
        arm: true,
        promotionId: true,
        weightPercent: true,
        probe: true,
        startedAt: true,
      })
      .readonly(),
    ...SessionRecord.unwrap().pick({ countsInTest: true, openedAt: true, aliveUntil: true }).shape,
    result: SessionResult.unwrap()
      .pick({
        endedAt: true,
        recordedAt: true,
        lost: true,
        outcome: true,
        errorClass: true,
        taskSucceeded: true,
        costUsd: true,
        turns: true,
        slowTurns: true,
      })
      .readonly()
      .optional(),
  })
  .readonly();
export type CallRecord = z.infer<typeof CallRecord>;
const storedCall = stored(CallRecord);

/** A record that cannot be read: there was a call, and nobody knows how it went. */
export interface MalformedCall {
  readonly sessionId: string;
  /** ISO 8601, from its place in the index. */
  readonly startedAt: string;
  readonly problem: string;
  /** As it is stored. */
  readonly record: unknown;
}

export type ReadCall = CallRecord | MalformedCall;

/** A call as an index holds it. @param place in the order of starts */
export const readCall = (record: unknown, place: Pick<MalformedCall, 'sessionId' | 'startedAt'>): ReadCall => {
  try {
    return storedCall.read(record, `the stored session ${place.sessionId}`);
  } catch (error) {
    return { ...place, problem: error instanceof Error ? error.message : String(error), record };
  }
};

export const isMalformed = (read: ReadCall): read is MalformedCall => 'problem' in read;

/**
 * Calls as a judge reads them. Both come from indexes, which follow the table within about a second; a call may come in both. A record that
 * cannot be read is told as such, so that it is counted and ends nothing.
 */
export interface CallRecords {
  /** Calls that started at `from` or later, in the order of their start. */
  readonly started: (service: ServiceName, set: SetName, from: Date) => AsyncGenerator<ReadCall>;
  /** Calls that were opened, vouched for or ended at `from` or later, by the moment of the latest write. */
  readonly changed: (service: ServiceName, set: SetName, from: Date) => AsyncGenerator<ReadCall>;
}
