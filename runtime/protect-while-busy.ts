import { type Clock, repeat, type Repeating } from '#core/clock.ts';
import type { CallLog } from './log.ts';

/** Keeps this task from being stopped while it carries calls. */
export interface TaskProtection {
  /** @param minutes how long protection holds unless renewed; 1 to 2,880 */
  readonly set: (enabled: boolean, minutes: number) => Promise<void>;
}

const lookEveryMs = 1_000;
/** Protection outlasts a lost renewal, and ends by itself soon after a task that died. */
const protectMinutes = 10;
const renewEveryMs = 120_000;

export interface ProtectOptions {
  readonly clock: Clock;
  readonly protection: TaskProtection;
  readonly log: CallLog;
  /** Calls under way. */
  readonly calls: () => number;
}

/** Keeps the task protected from scale-in and deployments while it carries calls (invariant 8). */
export const protectWhileBusy = ({ clock, protection, log, calls }: ProtectOptions): Repeating => {
  let protectedSince: number | undefined;
  return repeat({
    clock,
    everyMs: lookEveryMs,
    task: async () => {
      const busy = calls() > 0;
      const now = clock.now();
      if (busy && (protectedSince === undefined || now - protectedSince >= renewEveryMs)) {
        await protection.set(true, protectMinutes);
        protectedSince = now;
      } else if (!busy && protectedSince !== undefined) {
        await protection.set(false, protectMinutes);
        protectedSince = undefined;
      }
    },
    onError: (error) => log.warn('task-protection-failed', { error }),
  });
};
