import type { Clock } from '#core/clock.ts';

/** How often waiting calls look for a process again. */
const lookEveryMs = 100;

export interface WaitQueueOptions {
  readonly clock: Clock;
  /** Calls that may wait for one pool at once: a full pool takes no place from the callers of another. */
  readonly maxPending: number;
  /** Milliseconds that one call may wait. */
  readonly maxWaitMs: number;
}

export interface WaitingCall {
  readonly service: string;
  /** The pool that the call would go to now; it can change while it waits. */
  readonly poolOf: () => string;
  /** @returns true when the call has its place */
  readonly attempt: () => Promise<boolean>;
  /** The caller has hung up: its place in the queue is free. */
  readonly isGone: () => boolean;
  /** When the call came, epoch milliseconds: how long it may still wait counts from there. */
  readonly sinceMs: number;
}

interface Waiting extends WaitingCall {
  readonly deadlineMs: number;
  readonly settle: (started: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Calls that wait for a free process: bounded, first come first served within a pool. Its depth drives scaling. When one attempt
 * finds no process, the later ones of the same pool are not tried in that round; pools are asked side by side, so that a host which
 * answers late holds up its own callers only.
 */
export class WaitQueue {
  readonly #options: WaitQueueOptions;
  readonly #asking = new Set<string>();
  #waiting: readonly Waiting[] = [];
  #trying: ReadonlySet<Waiting> = new Set();
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
    return this.#lane(pool).length > 0;
  }

  /**
   * Waits for a place.
   * @returns false at once when the queue of its pool is full, or when the wait is over without a place, or the caller gone
   * @throws what its own attempt throws; the others wait on
   */
  wait(call: WaitingCall): Promise<boolean> {
    const { clock, maxPending, maxWaitMs } = this.#options;
    const deadlineMs = call.sinceMs + maxWaitMs;
    if (clock.now() >= deadlineMs || this.#lane(call.poolOf()).length >= maxPending) return Promise.resolve(false);
    return new Promise((settle, fail) => {
      this.#waiting = [...this.#waiting, { ...call, deadlineMs, settle, fail }];
      this.#schedule();
    });
  }

  #lane(pool: string): readonly Waiting[] {
    return this.#waiting.filter(({ poolOf }) => poolOf() === pool);
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    this.#options.clock.after(lookEveryMs, () => {
      this.#scheduled = false;
      for (const entry of this.#waiting) if (entry.isGone() && !this.#trying.has(entry)) this.#leave(entry, false);
      for (const pool of new Set(this.#waiting.map(({ poolOf }) => poolOf()))) void this.#round(pool);
      this.#schedule();
    });
  }

  async #round(pool: string): Promise<void> {
    if (!this.#asking.has(pool)) {
      this.#asking.add(pool);
      for (const entry of this.#lane(pool)) if (!(await this.#try(entry, pool))) break;
      this.#asking.delete(pool);
    }
    const now = this.#options.clock.now();
    for (const entry of this.#lane(pool))
      if (now >= entry.deadlineMs && !this.#trying.has(entry)) this.#leave(entry, false);
  }

  /** @returns false when the pool has no process for it, so none for those behind it */
  async #try(entry: Waiting, pool: string): Promise<boolean> {
    if (!this.#waiting.includes(entry) || entry.poolOf() !== pool) return true;
    this.#trying = new Set([...this.#trying, entry]);
    try {
      const started = await entry.attempt();
      if (started) this.#leave(entry, true);
      return started;
    } catch (error) {
      this.#forget(entry);
      entry.fail(error);
      return true;
    } finally {
      this.#trying = new Set([...this.#trying].filter((other) => other !== entry));
    }
  }

  #leave(entry: Waiting, started: boolean): void {
    this.#forget(entry);
    entry.settle(started);
  }

  #forget(entry: Waiting): void {
    this.#waiting = this.#waiting.filter((other) => other !== entry);
  }
}
