/** Events of the last window, in buckets of one publishing period, so memory never grows with the traffic. */
export class SlidingSum {
  readonly #bucketMs: number;
  readonly #counts: number[];
  #newest: number;

  /**
   * @param windowMs whole multiple of `bucketMs`. Asked on a bucket's boundary, `total` is exactly the last window;
   * in between, the bucket under way comes on top.
   */
  constructor(windowMs: number, bucketMs: number, nowMs: number) {
    this.#bucketMs = bucketMs;
    this.#counts = Array.from({ length: windowMs / bucketMs + 1 }, () => 0);
    this.#newest = Math.floor(nowMs / bucketMs);
  }

  add(nowMs: number, count = 1): void {
    this.#advance(nowMs);
    const slot = this.#newest % this.#counts.length;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + count;
  }

  total(nowMs: number): number {
    this.#advance(nowMs);
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  #advance(nowMs: number): void {
    const bucket = Math.floor(nowMs / this.#bucketMs);
    const passed = Math.min(bucket - this.#newest, this.#counts.length);
    for (let step = 1; step <= passed; step++) this.#counts[(this.#newest + step) % this.#counts.length] = 0;
    this.#newest = Math.max(this.#newest, bucket);
  }
}
