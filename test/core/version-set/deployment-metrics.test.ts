import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DeploymentFacts, deploymentMetrics } from '#core/version-set/deployment-metrics.ts';
import type { Command } from '#core/version-set/command.ts';
import type { HistoryEntry } from '#core/version-set/head.ts';
import { transition } from '#core/version-set/transition.ts';
import { intention, standing } from './arbitrary.ts';
import {
  abort,
  at,
  context,
  headAfter,
  initialize,
  promote,
  promotion,
  release,
  rollBack,
  setWeight,
  startCanary,
} from './build.ts';

/** The history of commands sent at given seconds. */
const historyOf = (...steps: readonly (readonly [second: number, command: Command])[]): readonly HistoryEntry[] => {
  let head: ReturnType<typeof headAfter> | undefined;
  return steps.map(([second, command]) => {
    const result = transition(head, command, context({ at: at(second) }));
    if (result.kind !== 'moved') throw new Error(`${command.kind}: ${JSON.stringify(result)}`);
    head = result.head;
    return head.lastTransition;
  });
};

const facts = (entries: readonly HistoryEntry[], over: Partial<DeploymentFacts> = {}): DeploymentFacts => ({
  entries,
  askedAt: new Map(),
  decidedAt: new Map(),
  from: at(0),
  to: at(1_000),
  ...over,
});

describe('deployment metrics (S16)', () => {
  const decision = `PROMOTION#${promotion('q')}/DECISION#0000000004`;
  const entries = historyOf(
    [0, initialize()],
    [100, startCanary()],
    [200, setWeight(50, 2)],
    [300, promote('p', at(290))],
    [500, startCanary({ promotionId: promotion('q'), release: release('c'), seenRevision: 4, weightPercent: 10 })],
    [600, { ...abort('q'), evidence: decision }],
    [800, rollBack('b')],
  );

  test('counts what was promoted, aborted and rolled back', () => {
    expect(deploymentMetrics(facts(entries))).toMatchObject({
      promoted: 1,
      aborted: 1,
      rolledBack: 1,
      successRate: 0.5,
      rollbackRate: 1,
      activeVersions: 1,
      stableAgeSeconds: 200,
    });
  });

  test('measures deployments from asking to the first caller, and flips from their decision', () => {
    const metrics = deploymentMetrics(
      facts(entries, {
        askedAt: new Map([
          [promotion('p'), at(40)],
          [promotion('q'), at(480)],
        ]),
        decidedAt: new Map([[decision, at(598)]]),
      }),
    );
    expect(metrics.deploymentTime).toEqual({ count: 2, medianSeconds: 20, maxSeconds: 60 });
    expect(metrics.rollbackTime).toEqual({ count: 1, medianSeconds: 2, maxSeconds: 2 });
  });

  test('shares traffic by the weights that stood and for how long', () => {
    const share = new Map(deploymentMetrics(facts(entries)).trafficShare.map((one) => [one.release, one.share]));
    const a = (100 + 95 + 50 + 200) / 1_000;
    const c = 10 / 1_000;
    expect(share.get(release('a'))).toBeCloseTo(a, 12);
    expect(share.get(release('c'))).toBeCloseTo(c, 12);
    expect(share.get(release('b'))).toBeCloseTo(1 - a - c, 12);
  });

  test('looks at its window only, but knows what stood when it began', () => {
    const metrics = deploymentMetrics(facts(entries, { from: at(350), to: at(450) }));
    expect(metrics).toMatchObject({ promoted: 0, aborted: 0, successRate: null, rollbackRate: null });
    expect(metrics.trafficShare).toEqual([{ release: release('b'), share: 1 }]);
  });

  test('a drill counts in nothing', () => {
    const drilled = historyOf(
      [0, initialize()],
      [100, startCanary()],
      [200, promote('p', at(190))],
      [300, rollBack('b', { drill: true })],
      [310, { kind: 'restore', release: release('b'), reason: 'drill over' }],
    );
    expect(deploymentMetrics(facts(drilled))).toMatchObject({ promoted: 1, rolledBack: 0, rollbackRate: 0 });
  });

  test('an empty history has no rates', () => {
    expect(deploymentMetrics(facts([]))).toEqual({
      promoted: 0,
      aborted: 0,
      rolledBack: 0,
      promotedPerWeek: 0,
      successRate: null,
      rollbackRate: null,
      deploymentTime: null,
      rollbackTime: null,
      activeVersions: 0,
      stableAgeSeconds: null,
      suspected: 0,
      trafficShare: [],
    });
  });

  test('of any history, shares sum to one and rates stay between none and all', () => {
    fc.assert(
      fc.property(fc.array(intention, { maxLength: 60, size: 'max' }), (intentions) => {
        let head = headAfter(initialize());
        const entries = [head.lastTransition];
        intentions.forEach((one, index) => {
          const now = 10 * (index + 1);
          const result = transition(head, one.resolve(head, now), context({ at: at(now), standing }));
          if (result.kind === 'moved') entries.push(result.head.lastTransition);
          if (result.kind === 'moved' || result.kind === 'renewed') head = result.head;
        });
        const metrics = deploymentMetrics(facts(entries, { to: at(2_000) }));
        expect(metrics.trafficShare.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
        expect(metrics.successRate ?? 0).toBeLessThanOrEqual(1);
        expect(metrics.rolledBack).toBeLessThanOrEqual(entries.length);
      }),
    );
  });
});
