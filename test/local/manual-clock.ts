import type { Clock, Timer } from '#local/clock.ts';

interface Scheduled {
  at: number;
  readonly periodMs: number | undefined;
  readonly run: () => void;
}

/** Time that moves only when the test says so; timers run in their order. */
export class ManualClock implements Clock {
  private nowMs: number;
  private readonly timers = new Set<Scheduled>();

  constructor(startMs = Date.parse('2026-03-01T00:00:00Z')) {
    this.nowMs = startMs;
  }

  now(): number {
    return this.nowMs;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.schedule(delayMs, undefined, run);
  }

  every(periodMs: number, run: () => void): Timer {
    return this.schedule(periodMs, periodMs, run);
  }

  /** Moves time and runs what is due, letting promises settle after every timer. */
  async advance(ms: number): Promise<void> {
    const end = this.nowMs + ms;
    await settle();
    for (let next = this.nextDue(end); next; next = this.nextDue(end)) {
      this.nowMs = next.at;
      if (next.periodMs === undefined) this.timers.delete(next);
      else next.at += next.periodMs;
      next.run();
      await settle();
    }
    this.nowMs = end;
    await settle();
  }

  private nextDue(end: number): Scheduled | undefined {
    return [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }

  private schedule(delayMs: number, periodMs: number | undefined, run: () => void): Timer {
    const timer: Scheduled = { at: this.nowMs + delayMs, periodMs, run };
    this.timers.add(timer);
    return { cancel: () => void this.timers.delete(timer) };
  }
}

/** Lets everything that is ready run, including work that needs a few turns of the event loop. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
