import type { Clock } from '#core/clock.ts';

/** How often waiting calls look for a process again. */
const lookEveryMs = 100;

export interface WaitQueueOptions {
  readonly clock: Clock;
  /** Calls that may wait at once. */
  readonly maxPending: number;
  /** Milliseconds that one call may wait. */
  readonly maxWaitMs: number;
}

interface Waiting {
  readonly service: string;
  readonly poolOf: () => string;
  /** @returns true when the call has its place, or needs none any more */
  readonly attempt: () => Promise<boolean>;
  readonly deadline: number;
  readonly settle: (started: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Calls that wait for a free process: bounded, first come first served. Its depth drives scaling. When one attempt finds
 * no process, the later ones of the same pool are not tried in that round.
 */
export class WaitQueue {
  readonly #options: WaitQueueOptions;
  #waiting: readonly Waiting[] = [];
  #scheduled = false;

  constructor(options: WaitQueueOptions) {
    this.#options = options;
  }

  get depth(): number {
    return this.#waiting.length;
  }

  /** Calls of one service that wait. */
  depthOf(service: string): number {
    return this.#waiting.filter((entry) => entry.service === service).length;
  }

  /** True when a call of this pool waits already: a new one stands behind it. */
  hasWaiting(pool: string): boolean {
    return this.#waiting.some(({ poolOf }) => poolOf() === pool);
  }

  /**
   * Waits for a place.
   * @param poolOf the pool that the call would go to now; it can change while it waits
   * @returns false at once when the queue is full, or when the wait is over without a place
   * @throws what its own attempt throws; the others wait on
   */
  wait(service: string, poolOf: () => string, attempt: () => Promise<boolean>): Promise<boolean> {
    const { clock, maxPending, maxWaitMs } = this.#options;
    if (this.#waiting.length >= maxPending || maxWaitMs === 0) return Promise.resolve(false);
    return new Promise((settle, fail) => {
      this.#waiting = [...this.#waiting, { service, poolOf, attempt, deadline: clock.now() + maxWaitMs, settle, fail }];
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    this.#options.clock.after(lookEveryMs, () => void this.#round());
  }

  async #round(): Promise<void> {
    const exhausted = new Set<string>();
    const round = this.#waiting;
    for (const entry of round) {
      try {
        const pool = entry.poolOf();
        const started = !exhausted.has(pool) && (await entry.attempt());
        if (!started) exhausted.add(pool);
        if (!started && this.#options.clock.now() < entry.deadline) continue;
        this.#leave(entry);
        entry.settle(started);
      } catch (error) {
        this.#leave(entry);
        entry.fail(error);
      }
    }
    this.#scheduled = false;
    this.#schedule();
  }

  #leave(entry: Waiting): void {
    this.#waiting = this.#waiting.filter((other) => other !== entry);
  }
}
