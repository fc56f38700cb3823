import { expect, test } from 'vitest';
import { Stage } from '#bench/simulate/stage.ts';
import { workflowSteps } from '#lib/constructs/promotion-workflow.ts';

test('the simulated workflow has a function for every step of the state machine', () => {
  const { functions } = new Stage({
    seed: 1,
    indexLagMs: 0,
    baselineErrorRate: 0.05,
    expectedCallsPerMinute: 60,
    callsPerMinute: () => 0,
    versions: 1,
    edges: 1,
    shards: 1,
    hostsPerPool: 1,
    maxCallsPerHost: 10,
    leaseEveryMs: 4_000,
    fateOf: () => ({ afterMs: 1_000, outcome: 'completed' }),
  });
  expect(workflowSteps.filter((step) => !(step in functions))).toEqual([]);
});
