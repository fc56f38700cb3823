import type { CallerClock } from '#callers/pace.ts';

interface Task {
  readonly atMs: number;
  readonly run: () => void;
}

/** Time that passes only when a test says so. */
export class VirtualClock implements CallerClock {
  #nowMs = 0;
  #tasks: Task[] = [];

  now = (): number => this.#nowMs;

  after = (delayMs: number, run: () => void): (() => void) => {
    const task = { atMs: this.#nowMs + delayMs, run };
    this.#tasks.push(task);
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== task);
    };
  };

  get timers(): number {
    return this.#tasks.length;
  }

  /** Runs what is due within `ms`, each at its time. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (;;) {
      const next = this.#tasks.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > end) break;
      this.#tasks = this.#tasks.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = end;
  }

  /** The process did not get to run for `ms`: timers fire late. */
  stall(ms: number): void {
    this.#nowMs += ms;
  }
}
