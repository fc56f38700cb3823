import { type Clock, pause } from '#core/clock.ts';
import type { CallLog } from './log.ts';

/** A task that cannot start is started again by ECS at once; a pause keeps that from being a loop. */
const failPauseMs = 5_000;

export interface Task {
  /** Ends the task's work in order; called once, at SIGTERM or SIGINT. */
  readonly drain: () => Promise<void>;
}

/** The entrance of a container: runs a task until it is told to stop, drains it, and exits: 0 after a drain, 1 when it could not start or drain. */
export const runTask = async (clock: Clock, log: CallLog, start: () => Promise<Task>): Promise<void> => {
  const stop = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.resolve());
  process.on('unhandledRejection', (error) => log.error('unhandled-rejection', { error }));
  try {
    const task = await start();
    await stop.promise;
    await task.drain();
    process.exit(0);
  } catch (error) {
    log.error('task-failed', { error });
    // A stop order ends the pause as well.
    await Promise.race([stop.promise, pause(clock, failPauseMs)]);
    process.exit(1);
  }
};
