import type { Clock } from '#core/clock.ts';

const maxBuckets = 10_000;
/** A quiet customer may start a quarter of a minute's calls at once. */
const burstShare = 0.25;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Token buckets per customer (T7), for one edge. Knows a bounded number of customers and forgets the least recent. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one call from the customer's share. @returns 0 when granted, else the milliseconds until the next one is */
  take(key: string, perMinute: number): number {
    const now = this.#clock.now();
    const size = Math.max(1, perMinute * burstShare);
    const perMs = perMinute / 60_000;
    const known = this.#buckets.get(key) ?? { tokens: size, filledAt: now };
    const tokens = Math.min(size, known.tokens + (now - known.filledAt) * perMs);
    const granted = tokens >= 1;
    // Delete and set keeps the map in order of use.
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: granted ? tokens - 1 : tokens, filledAt: now });
    const oldest = this.#buckets.size > maxBuckets ? this.#buckets.keys().next().value : undefined;
    if (oldest !== undefined) this.#buckets.delete(oldest);
    return granted ? 0 : Math.ceil((1 - tokens) / perMs);
  }
}
