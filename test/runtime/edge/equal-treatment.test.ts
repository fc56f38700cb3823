import { describe, expect, test } from 'vitest';
import { createAnalysis } from '#core/canary/analysis.ts';
import { momentMs } from '#core/canary/outcome.ts';
import { planByName } from '#core/canary/plans.ts';
import { callsOfBursts } from './burst.ts';

const seeds = Array.from({ length: 4 }, (_, index) => index + 1);
const bursts = { callsPerSecond: 40, burstSeconds: 3, everySeconds: 20, bursts: 8, warm: 10, failing: 0.05 };

describe('two pools that are alike, half of the callers each, bursts of 40 calls a second', () => {
  test.each([
    ['that are full for moments only lose nobody', { ...bursts, max: 100, refillMs: 200, callSeconds: 5 }, 0],
    ['that are too small lose callers in both arms alike', { ...bursts, max: 30, refillMs: 500, callSeconds: 8 }, 0.5],
  ])('%s, and the candidate is not aborted', { timeout: 120_000 }, async (_case, burst, mostLost) => {
    let aborted = 0;
    const calls = { stable: 0, candidate: 0 };
    const lost = { stable: 0, candidate: 0 };
    for (const seed of seeds) {
      const told = await callsOfBursts({ ...burst, seed });
      const startedMs = told.map(({ startedAt }) => momentMs(startedAt));
      const analysis = createAnalysis(planByName('standard'), {
        sinceMs: Math.min(...startedMs),
        baseline: { errorRate: burst.failing },
      });
      for (const call of told) {
        analysis.observe(call);
        calls[call.arm] += 1;
        if (call.lost) lost[call.arm] += 1;
      }
      if (analysis.verdict(Math.max(...startedMs) + 30_000).verdict === 'abort') aborted += 1;
    }
    expect(aborted / seeds.length).toBeLessThanOrEqual(0.05);
    const rate = (arm: 'stable' | 'candidate') => lost[arm] / calls[arm];
    expect(Math.abs(rate('candidate') - rate('stable'))).toBeLessThan(0.02);
    expect(rate('candidate') > 0).toBe(mostLost > 0);
    expect(rate('candidate')).toBeLessThanOrEqual(mostLost);
  });
});
