import { describe, expect, test } from 'vitest';
import { type AlarmPath, walkAlarmPath } from '#bench/alarm-path/walk-alarm-path.ts';

/** Failed calls end after 20 s; the candidate is thorough, so that its good calls take half as long again. */
const longer: Omit<AlarmPath, 'seed'> = {
  callsPerMinute: 300,
  weights: [
    { fromMinute: 0, percent: 5 },
    { fromMinute: 6, percent: 25 },
  ],
  baselineErrorRate: 0.1,
  failing: { stable: 0.1, candidate: 0.1 },
  failMs: 20_000,
  goodMs: (arm, random) => (arm === 'candidate' ? 1.5 : 1) * (120_000 + random() * 240_000),
  minutesBefore: 10,
  minutes: 10,
  stepMs: 1_000,
};

describe('the alarm path alone', () => {
  test.each([1, 2, 3])('holds the length of calls against nobody (%i)', { timeout: 120_000 }, async (seed) => {
    expect((await walkAlarmPath({ ...longer, seed })).flipMs).toBeNaN();
  });

  test('takes the same candidate back when it does fail more calls', { timeout: 120_000 }, async () => {
    const run = await walkAlarmPath({ ...longer, seed: 1, failing: { stable: 0.1, candidate: 0.6 } });
    expect(run.alarms).toBeGreaterThan(0);
    expect(run.flipMs - run.firstBadMs).toBeLessThan(180_000);
  });

  test('covers a service of three candidate calls a minute', { timeout: 120_000 }, async () => {
    const quiet = { callsPerMinute: 60, failMs: 5_000, failing: { stable: 0.02, candidate: 1 } };
    const weights = [{ fromMinute: 0, percent: 5 }];
    const run = await walkAlarmPath({ ...longer, ...quiet, weights, baselineErrorRate: 0.02, seed: 1 });
    expect(run.flipMs - run.firstBadMs).toBeLessThan(180_000);
    expect(run.lastSessionMs - run.flipMs).toBeLessThan(1_000);
  });
});
