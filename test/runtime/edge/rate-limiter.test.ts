import { describe, expect, test } from 'vitest';
import { RateLimiter } from '#runtime/edge/rate-limiter.ts';
import { ManualClock } from '#memory/manual-clock.ts';

describe('the rate limiter', () => {
  test('grants a burst of a quarter minute, then says when the next call may come', async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(clock);
    const granted = Array.from({ length: 20 }, () => limiter.take('a', 60)).filter((wait) => wait === 0);
    expect(granted).toHaveLength(15);
    expect(limiter.take('a', 60)).toBe(1_000);
    await clock.advance(1_000);
    expect(limiter.take('a', 60)).toBe(0);
    expect(limiter.take('a', 60)).toBeGreaterThan(0);
  });

  test('one customer does not use up the share of another', () => {
    const limiter = new RateLimiter(new ManualClock());
    while (limiter.take('greedy', 60) === 0);
    expect(limiter.take('other', 60)).toBe(0);
  });

  test('invariant 11: it remembers a bounded number of customers', () => {
    const limiter = new RateLimiter(new ManualClock());
    limiter.take('first', 1);
    expect(limiter.take('first', 1)).toBeGreaterThan(0);
    for (let index = 0; index < 10_000; index++) limiter.take(`customer-${index}`, 1);
    expect(limiter.take('first', 1)).toBe(0);
  });
});
