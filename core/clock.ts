/** Time as a program sees it; `memory/manual-clock.ts` is the one that moves only when told to, so nothing sleeps. */
export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Runs `task` once after `delayMs`, soon when that is negative; the returned function cancels it. */
  readonly after: (delayMs: number, task: () => void) => () => void;
}

const timer = (delayMs: number, task: () => void) => setTimeout(task, Math.max(0, delayMs));

const after: Clock['after'] = (delayMs, task) => {
  const timeout = timer(delayMs, task);
  return () => clearTimeout(timeout);
};

/** The time of day, in whole milliseconds. */
export const systemClock: Clock = { now: Date.now, after };

/** The time of day for what must not keep its process alive: a server does that by itself. */
export const backgroundClock: Clock = {
  now: Date.now,
  after: (delayMs, task) => {
    const timeout = timer(delayMs, task).unref();
    return () => clearTimeout(timeout);
  },
};

/**
 * For who measures and keeps pace: fractions of a millisecond, and no jump when the time of day is set. It leaves the time of day
 * behind while the machine sleeps.
 */
export const monotonicClock: Clock = { now: () => performance.timeOrigin + performance.now(), after };

/** ISO 8601 in UTC with milliseconds. */
export const timestampOf = (epochMs: number): string => new Date(epochMs).toISOString();

/** Runs `task` every `periodMs` from now on, at moments that do not drift; the returned function ends it. */
export const every = (clock: Clock, periodMs: number, task: () => void): (() => void) => {
  let due = clock.now();
  let cancel: () => void;
  const arm = (): void => {
    due += periodMs;
    cancel = clock.after(due - clock.now(), () => {
      arm();
      task();
    });
  };
  arm();
  return () => cancel();
};

/** Resolves after `delayMs`, or at once when `signal` aborts. */
export const pause = (clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });

export interface RepeatOptions {
  readonly clock: Clock;
  /** Milliseconds between the end of one run and the start of the next: runs never overlap. */
  readonly everyMs: number;
  readonly task: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

export interface Repeating {
  /** Stops, and resolves when a run under way has ended. */
  readonly stop: () => Promise<void>;
}

/** Runs a task now and then again and again; an error is reported and never ends the loop. */
export const repeat = ({ clock, everyMs, task, onError }: RepeatOptions): Repeating => {
  const stopped = new AbortController();
  const loop = async () => {
    while (!stopped.signal.aborted) {
      await task().catch(onError);
      await pause(clock, everyMs, stopped.signal);
    }
  };
  const ended = loop();
  return {
    stop: async () => {
      stopped.abort();
      await ended;
    },
  };
};

/**
 * Rejects with `onTimeout()` when `work` takes longer than `limitMs`. The work itself goes on: pass it a signal if it can stop.
 */
export const within = <T>(clock: Clock, limitMs: number, work: Promise<T>, onTimeout: () => Error): Promise<T> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(limitMs, () => reject(onTimeout()));
    work.then(resolve, reject).finally(cancel);
  });

/**
 * Aborts the signal of `work` with `onTimeout()` after `limitMs`, for work that can stop. It rejects with whatever the work makes of that.
 */
export const underLimit = async <T>(
  clock: Clock,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  onTimeout: () => Error,
): Promise<T> => {
  const limit = new AbortController();
  const cancel = clock.after(limitMs, () => limit.abort(onTimeout()));
  try {
    return await work(limit.signal);
  } finally {
    cancel();
  }
};
