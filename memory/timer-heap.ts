export interface Timer {
  /** Epoch milliseconds. */
  readonly at: number;
  /** The order in which timers of one moment were set. */
  readonly order: number;
  readonly task: () => void;
  isCancelled: boolean;
}

const precedes = (one: Timer, other: Timer): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

/** Timers by their moment: a binary heap, because a simulation sets millions of them. */
export class TimerHeap {
  readonly #timers: Timer[] = [];
  #cancelled = 0;

  /** Timers that wait and were not cancelled. */
  get size(): number {
    return this.#timers.length - this.#cancelled;
  }

  add(timer: Timer): void {
    const timers = this.#timers;
    let at = timers.length;
    timers.push(timer);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = timers[parent];
      if (above === undefined || !precedes(timer, above)) break;
      timers[at] = above;
      at = parent;
    }
    timers[at] = timer;
  }

  /** A timer that was taken before stays what it was. */
  cancel(timer: Timer): void {
    if (timer.isCancelled) return;
    timer.isCancelled = true;
    this.#cancelled += 1;
  }

  /** Takes the earliest timer that is due by `until`. */
  take(until: number): Timer | undefined {
    for (let first = this.#timers[0]; first !== undefined; first = this.#timers[0]) {
      if (!first.isCancelled && first.at > until) return undefined;
      this.#removeFirst();
      if (!first.isCancelled) {
        // From now on there is nothing to cancel.
        first.isCancelled = true;
        return first;
      }
      this.#cancelled -= 1;
    }
    return undefined;
  }

  #removeFirst(): void {
    const timers = this.#timers;
    const last = timers.pop();
    if (last === undefined || timers.length === 0) return;
    let at = 0;
    for (let child = 1; child < timers.length; child = 2 * at + 1) {
      const [left, right] = [timers[child], timers[child + 1]];
      const isRight = left !== undefined && right !== undefined && precedes(right, left);
      const smaller = isRight ? right : left;
      if (smaller === undefined || !precedes(smaller, last)) break;
      timers[at] = smaller;
      at = isRight ? child + 1 : child;
    }
    timers[at] = last;
  }
}
