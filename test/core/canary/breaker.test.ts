import { describe, expect, test } from 'vitest';
import {
  type BreakerCall,
  BreakerPolicy,
  type TrippedBreaker,
  breakerAction,
  createBreaker,
} from '#core/canary/breaker.ts';
import { seededRandom } from '#core/canary/seeded-random.ts';

const policy = BreakerPolicy.parse({});
const baseline = { errorRate: 0.05, interventionRate: 0.1, meanCost: 0.2 };

interface World {
  readonly errorRate?: number;
  readonly interventionRate?: number;
  readonly costUsd?: number;
}

const calls = (count: number, world: World, seed: number): BreakerCall[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => ({
    failed: random() < (world.errorRate ?? 0.05),
    escalated: random() < (world.interventionRate ?? 0.1),
    costUsd: (world.costUsd ?? 0.2) * (0.5 + random()),
  }));
};

const after = (watched: readonly BreakerCall[]): readonly TrippedBreaker[] => {
  const breaker = createBreaker(policy, baseline);
  for (const call of watched) breaker.observe(call);
  return breaker.tripped();
};

describe('a breaker on stable', () => {
  test('stays closed on a release that keeps its baseline, however long it runs', () => {
    const tripped = Array.from({ length: 40 }, (_, run) => after(calls(3_000, {}, run)).length);
    expect(tripped.filter((count) => count > 0).length).toBeLessThanOrEqual(1);
  });

  test.each([
    ['errorRate', { errorRate: 0.2 }],
    ['interventionRate', { interventionRate: 0.35 }],
    ['meanCost', { costUsd: 0.8 }],
  ] as const)('trips on %s that drifts beyond its margin', (breaker, world) => {
    expect(after(calls(500, world, 1)).map((tripped) => `${tripped.breaker} ${tripped.kind}`)).toContain(
      `${breaker} drifted`,
    );
  });

  test('finds a drift that begins after a thousand sound calls within tens of calls', () => {
    const breaker = createBreaker(policy, baseline);
    for (const call of calls(1_000, {}, 2)) breaker.observe(call);
    const bad = calls(500, { errorRate: 0.6 }, 3);
    const until = bad.findIndex((call) => {
      breaker.observe(call);
      return breaker.tripped().some(({ kind }) => kind === 'drifted');
    });
    expect(until).toBeGreaterThan(0);
    expect(until).toBeLessThan(60);
  });

  test('reports the absolute floor over the newest calls only, and only once there are enough', () => {
    const failing = calls(policy.floorCalls - 1, { errorRate: 1 }, 1);
    expect(after(failing).some(({ kind }) => kind === 'above-floor')).toBe(false);
    expect(after([...failing, ...calls(1, {}, 9)]).some(({ kind }) => kind === 'above-floor')).toBe(true);
    expect(after([...failing, ...calls(200, {}, 4)]).some(({ kind }) => kind === 'above-floor')).toBe(false);
  });

  test('goes on from its state, and what tripped stays tripped', () => {
    const breaker = createBreaker(policy, baseline);
    for (const call of calls(200, { errorRate: 0.5 }, 1)) breaker.observe(call);
    const resumed = createBreaker(policy, baseline, JSON.parse(JSON.stringify(breaker.state())));
    for (const call of calls(2_000, { errorRate: 0 }, 2)) resumed.observe(call);
    expect(resumed.tripped()).toMatchObject([{ breaker: 'errorRate', kind: 'drifted' }]);
  });

  test('leaves a call whose cost is not known out of the mean', () => {
    expect(after(calls(300, {}, 1).map(({ failed, escalated }) => ({ failed, escalated })))).toEqual([]);
  });
});

describe('what a tripped breaker does', () => {
  const drifted: TrippedBreaker = {
    breaker: 'errorRate',
    kind: 'drifted',
    value: 0.21,
    calls: 80,
    limit: 0.1,
    logE: 6,
  };
  const floor: TrippedBreaker = { breaker: 'meanCost', kind: 'above-floor', value: 1.4, calls: 50, limit: 1 };

  test.each([
    ['nothing tripped', [], 'healthy', true, { kind: 'none' }],
    ['drift flips to a healthy last-good', [drifted], 'healthy', true, { kind: 'flip-to-last-good' }],
    ['a shared outage stays and pages', [drifted], 'unhealthy', true, { kind: 'page', hold: true }],
    ['an unproven last-good is not better', [drifted], 'unproven', true, { kind: 'page', hold: true }],
    ['without another release it stays and pages', [drifted], 'healthy', false, { kind: 'page', hold: true }],
    ['the floor only pages', [floor], 'healthy', true, { kind: 'page', hold: false }],
    ['drift and floor flip', [drifted, floor], 'healthy', true, { kind: 'flip-to-last-good' }],
  ] as const)('%s', (_, tripped, lastGood, lastGoodDiffers, expected) => {
    expect(breakerAction({ tripped, lastGood, lastGoodDiffers })).toMatchObject(expected);
  });

  test('says what is wrong in numbers', () => {
    expect(breakerAction({ tripped: [drifted, floor], lastGood: 'unhealthy', lastGoodDiffers: true })).toMatchObject({
      reason:
        'error rate 21.0 % over 80 calls: shown above 10.0 %, the baseline and its margin; mean cost $1.40 over the last 50 calls, above the floor of $1.00; last-good is unhealthy too, so calls stay: suspect what both share',
    });
  });
});
