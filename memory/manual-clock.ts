import type { Clock } from '#core/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
}

/** Time that passes only when told to: the twin of `systemClock` for tests and simulations. */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  #timers: Timer[] = [];

  /** @param startMs milliseconds since the epoch @default 2026-01-05T09:00:00.000Z, a Monday morning */
  constructor(startMs = Date.parse('2026-01-05T09:00:00.000Z')) {
    this.#now = startMs;
  }

  readonly now = (): number => this.#now;

  readonly after = (delayMs: number, task: () => void): (() => void) => {
    const timer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** Timers that wait for their moment. */
  get timers(): number {
    return this.#timers.length;
  }

  /** Moves on by `ms`. Every timer due runs at its moment, those of one moment in the order they were set; promises settle in between. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let due = this.#next(until); due !== undefined; due = this.#next(until)) {
      this.#now = Math.max(this.#now, due.at);
      due.task();
      await settle();
    }
    this.#now = Math.max(this.#now, until);
  }

  /** The process did not get to run for `ms`: time has passed and its timers come late, with the next `advance`. */
  stall(ms: number): void {
    this.#now += ms;
  }

  /** Takes the earliest timer due by `until`. */
  #next(until: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > until) continue;
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    if (first) this.#timers.splice(this.#timers.indexOf(first), 1);
    return first;
  }
}

/** Turns of the event loop that a chain of awaits takes at most, signatures included. */
const turns = 8;

/** Lets every promise that is ready settle. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < turns; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};
