import type { Clock } from '#core/clock.ts';
import { timestampOf } from '#core/clock.ts';
import type { SessionAssignment, SessionRecord, SessionResult } from '#core/session/session-record.ts';
import type { LossReason } from '#core/words/loss.ts';
import type { CallLog } from '../log.ts';
import type { SessionLog } from '../session-spool.ts';

/** A call whose arm had no process for it to the end of its wait. */
export interface LostCall {
  /** Its draw, under a session id of its own: the caller may have been served by stable. */
  readonly assignment: SessionAssignment;
  readonly reason: LossReason;
  /** Another arm has served the caller. */
  readonly served: boolean;
}

export interface RecordLostCallsOptions {
  readonly sessions: SessionLog;
  readonly clock: Clock;
  readonly log: CallLog;
  /** Stands in the record in place of a host. */
  readonly writer: string;
}

/** Records that are being written at once. A storm of refusals costs no more; it is the same for both arms, and metrics count all. */
const maxUnderWay = 100;

/**
 * Keeps the evidence for the comparison that runs: one record per caller, for its draw, whether or not another arm has served it. The
 * call takes the caller's place in the test with it: who is refused and rings again would else be counted where the queue is short.
 */
export const recordLostCalls = ({ sessions, clock, log, writer }: RecordLostCallsOptions) => {
  let underWay = 0;
  return async ({ assignment, reason }: LostCall): Promise<void> => {
    const { promotionId, callerHash, sessionId } = assignment;
    if (promotionId === undefined) return;
    if (underWay >= maxUnderWay) return log.warn('loss-not-recorded', { session_id: sessionId, reason });
    underWay += 1;
    try {
      if (!(await sessions.claimFirstCall(promotionId, callerHash, sessionId))) return;
      const record: SessionRecord = {
        assignment,
        hostId: writer,
        overlayVersion: 0,
        configDigest: '',
        countsInTest: true,
      };
      if (await sessions.open(record)) await sessions.close(sessionId, lostResult(clock, reason));
    } catch (error) {
      log.warn('loss-not-recorded', { session_id: sessionId, reason, error });
    } finally {
      underWay -= 1;
    }
  };
};

const lostResult = (clock: Clock, reason: LossReason): SessionResult => ({
  endedAt: timestampOf(clock.now()),
  outcome: 'failed',
  errorClass: 'platform',
  errorDetail: `no release had the call: ${reason}`,
  lost: 'before-hand-over',
  costUsd: 0,
  turns: 0,
  slowTurns: 0,
});
