import type { Clock } from '#core/clock.ts';
import type { SessionAssignment } from '#core/session/session-record.ts';
import type { CallLog } from '../log.ts';
import type { SessionLog } from '../session-spool.ts';

const retryMs = 1_000;
/** A word that comes later than this after W would change what was decided without it, so it is not given any more. */
const lateMs = 4_000;

export interface VouchOptions {
  readonly clock: Clock;
  readonly log: CallLog;
  readonly sessions: Pick<SessionLog, 'vouch'>;
}

/** Says once, when the call is as old as its comparison's W, that it goes on: a long call is not a lost one. @returns ends it */
export const vouchAtWindow = (
  { sessionId, startedAt, outcomeWindowSeconds }: SessionAssignment,
  { clock, log, sessions }: VouchOptions,
): (() => void) => {
  if (outcomeWindowSeconds === undefined) return () => undefined;
  const dueMs = Date.parse(startedAt) + outcomeWindowSeconds * 1_000;
  let isOver = false;
  let cancel: () => void = () => undefined;
  const arm = (delayMs: number): void => {
    if (!isOver) cancel = clock.after(Math.max(0, delayMs), () => void say());
  };
  const say = async (): Promise<void> => {
    const nowMs = clock.now();
    if (nowMs > dueMs + lateMs) return log.error('call-not-vouched-for', { session_age_seconds: outcomeWindowSeconds });
    try {
      await sessions.vouch(sessionId, new Date(Math.max(nowMs, dueMs)));
    } catch (error) {
      log.warn('vouch-repeated', { error });
      arm(retryMs);
    }
  };
  arm(dueMs - clock.now());
  return () => {
    isOver = true;
    cancel();
  };
};
