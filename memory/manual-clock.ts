import type { Clock } from '#core/clock.ts';
import { TimerHeap } from './timer-heap.ts';

export interface ManualClockOptions {
  /** Lets what a timer began come to rest before the next one runs. @default `settle` */
  readonly settle?: () => Promise<void>;
}

/** Time that passes only when told to: the twin of `systemClock` for tests and simulations. */
export class ManualClock implements Clock {
  readonly #timers = new TimerHeap();
  readonly #settle: () => Promise<void>;
  #now: number;
  #order = 0;

  /** @param startMs milliseconds since the epoch @default 2026-01-05T09:00:00.000Z, a Monday morning */
  constructor(startMs = Date.parse('2026-01-05T09:00:00.000Z'), options: ManualClockOptions = {}) {
    this.#now = startMs;
    this.#settle = options.settle ?? settle;
  }

  readonly now = (): number => this.#now;

  readonly after = (delayMs: number, task: () => void): (() => void) => {
    const timer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, task, isCancelled: false };
    this.#timers.add(timer);
    return () => this.#timers.cancel(timer);
  };

  /** Timers that wait for their moment. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Moves on by `ms`. Every timer due runs at its moment, those of one moment in the order they were set; promises settle in between. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.#settle();
    for (let due = this.#timers.take(until); due !== undefined; due = this.#timers.take(until)) {
      this.#now = Math.max(this.#now, due.at);
      due.task();
      await this.#settle();
    }
    this.#now = Math.max(this.#now, until);
  }

  /** The process did not get to run for `ms`: time has passed and its timers come late, with the next `advance`. */
  stall(ms: number): void {
    this.#now += ms;
  }
}

/** Turns of the event loop that a chain of awaits takes at most, signatures included. */
const turns = 20;

/** Lets every promise that is ready settle. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < turns; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};
