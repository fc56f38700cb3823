/** A timer that can be called off; calling it off twice is harmless. */
export interface Timer {
  cancel(): void;
}

/** Time as the embedded cloud sees it. Tests pass a manual one, so that hours of alarms run in milliseconds. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  after(delayMs: number, run: () => void): Timer;
  every(periodMs: number, run: () => void): Timer;
}

/** The machine's clock. Its timers never keep the process alive: the server does that. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  every: (periodMs, run) => {
    const timer = setInterval(run, periodMs);
    timer.unref();
    return { cancel: () => clearInterval(timer) };
  },
};

/** A promise that resolves after `delayMs` of `clock`. */
export const sleep = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
