import type { SessionAssignment, SessionRecord, SessionResult } from '#core/session/session-record.ts';
import { type Clock, timestampOf } from '#core/clock.ts';
import type { SessionLog } from './session-spool.ts';

/** The start of a call that its release could not carry. */
export interface FailedStart {
  readonly assignment: SessionAssignment;
  readonly detail: string;
}

/** Writes the whole record of a call that its release could not carry: failed, and the platform's fault until shown otherwise (X4). */
export const writeFailedStart = async (
  { assignment, detail }: FailedStart,
  { sessions, clock, writer }: { readonly sessions: SessionLog; readonly clock: Clock; readonly writer: string },
): Promise<SessionResult> => {
  const { promotionId, callerHash, sessionId, probe } = assignment;
  const countsInTest =
    promotionId !== undefined && !probe && (await sessions.claimFirstCall(promotionId, callerHash, sessionId));
  const result: SessionResult = {
    endedAt: timestampOf(clock.now()),
    outcome: 'failed',
    errorClass: 'platform',
    errorDetail: detail,
    costUsd: 0,
    turns: 0,
    slowTurns: 0,
  };
  const record: SessionRecord = { assignment, hostId: writer, overlayVersion: 0, configDigest: '', countsInTest };
  if (await sessions.open(record)) await sessions.close(sessionId, result);
  return result;
};
