import { describe, expect, test } from 'vitest';
import { type EndedCall, firstBadMinute } from '#bench/bad-minute.ts';

const calls = (arm: EndedCall['arm'], count: number, fromMs: number, everyMs: number, failEvery: number): EndedCall[] =>
  Array.from({ length: count }, (_, index) => ({
    arm,
    endedAtMs: fromMs + index * everyMs,
    failed: failEvery > 0 && index % failEvery === 0,
  }));

describe('the first bad minute', () => {
  test('ends with the twentieth candidate call of a minute', () => {
    expect(firstBadMinute(calls('candidate', 60, 1_000, 1_000, 2), 0.05)).toBe(20_000);
  });

  test('does not end before the minute holds twenty, however slow the calls', () => {
    expect(firstBadMinute(calls('candidate', 200, 0, 4_000, 2), 0.05)).toBeUndefined();
  });

  test('a shared outage is not bad: stable has it too', () => {
    const both = [...calls('candidate', 60, 0, 1_000, 4), ...calls('stable', 60, 0, 1_000, 4)];
    expect(firstBadMinute(both, 0.05)).toBeUndefined();
  });

  test('a stable with few calls is taken at its baseline', () => {
    const few = [...calls('candidate', 60, 0, 1_000, 2), ...calls('stable', 5, 0, 1_000, 1)];
    expect(firstBadMinute(few, 0.6)).toBeUndefined();
    expect(firstBadMinute(few, 0.01)).toBe(19_000);
  });

  test('the order of the records does not matter', () => {
    const some = calls('candidate', 40, 0, 500, 2);
    expect(firstBadMinute(some.toReversed(), 0.05)).toBe(firstBadMinute(some, 0.05));
  });
});
