import { describe, expect, test } from 'vitest';
import { Invariants } from '#bench/simulate/invariants.ts';
import { Stage } from '#bench/simulate/stage.ts';
import type { Head } from '#core/version-set/head.ts';
import { PromotionId } from '#core/words/ids.ts';

const headKey = 'appointments#release';
const promotionId = PromotionId.parse('1'.repeat(32));

const openStage = async (): Promise<{ stage: Stage; head: Head; invariants: Invariants }> => {
  const stage = new Stage({
    seed: 1,
    indexLagMs: 0,
    baselineErrorRate: 0.05,
    expectedCallsPerMinute: 60,
    callsPerMinute: () => 0,
    versions: 2,
    edges: 1,
    shards: 1,
    hostsPerPool: 1,
    maxCallsPerHost: 10,
    leaseEveryMs: 4_000,
    fateOf: () => ({ afterMs: 1_000, outcome: 'completed' }),
  });
  const invariants = new Invariants(stage);
  await stage.open();
  const { head } = stage.world;
  if (head === undefined) throw new Error('the stage has no head');
  return { stage, head, invariants };
};

/** A next head that nobody asked the protocol for. */
const next = (head: Head, changes: Partial<Head>, entry: Partial<Head['lastTransition']>): Head => {
  const revision = head.revision + 1;
  const placement = { stable: head.stable, weightPercent: 0 };
  const lastTransition = { ...head.lastTransition, revision, from: placement, to: placement, ...entry };
  return { ...head, revision, ...changes, lastTransition };
};

describe('the simulator notices', () => {
  test('nothing while all goes by the protocol', async () => {
    const { stage, invariants } = await openStage();
    await stage.move({ kind: 'freeze', reason: 'a test' }, 'ann');
    await stage.move({ kind: 'unfreeze', reason: 'a test' }, 'ann');
    await invariants.check();
    expect(invariants.violation).toBeUndefined();
  });

  test('a revision that history lacks (4)', async () => {
    const { stage, head, invariants } = await openStage();
    stage.world.org.headItems.heads.place(headKey, next(head, {}, { kind: 'freeze' }));
    expect(invariants.violation?.invariant).toBe(4);
  });

  test('a revision that was skipped (4)', async () => {
    const { stage, head, invariants } = await openStage();
    const skipped = next({ ...head, revision: head.revision + 1 }, {}, { kind: 'freeze' });
    stage.world.org.headItems.heads.place(headKey, skipped);
    expect(invariants.violation?.invariant).toBe(4);
  });

  test('callers who are brought to a barred release (1)', async () => {
    const { stage, head, invariants } = await openStage();
    const [, release] = stage.releases;
    if (release === undefined) throw new Error('one version only');
    const { headItems, evidence } = stage.world.org;
    await headItems.archive(head);
    await evidence.quarantine(release, { reason: 'bad', at: head.lastTransition.at, by: 'test' });
    const candidate = {
      release,
      promotionId,
      weightPercent: 5,
      startedAt: head.lastTransition.at,
      exposureUntil: head.lastTransition.at,
      fallbackWeightPercent: 0,
    };
    headItems.heads.place(headKey, next(head, { candidate }, { kind: 'start-canary', promotionId }));
    expect(invariants.violation?.invariant).toBe(1);
  });

  test('an abort of a promotion that does not run (2)', async () => {
    const { stage, head, invariants } = await openStage();
    await stage.world.org.headItems.archive(head);
    stage.world.org.headItems.heads.place(headKey, next(head, {}, { kind: 'abort', promotionId }));
    expect(invariants.violation?.invariant).toBe(2);
  });

  test('a pool that is retired while the head names its release (1)', async () => {
    const { stage, head, invariants } = await openStage();
    await stage.world.org.pools.retire(head.service, head.stable);
    await invariants.check();
    expect(invariants.violation?.invariant).toBe(1);
  });

  test('a consequence that nobody has carried out, once the world is at rest (4)', async () => {
    const { stage, head, invariants } = await openStage();
    await stage.world.org.headItems.archive(head);
    const follows = [{ kind: 'end-promotion', promotionId, outcome: 'aborted' }] as const;
    const entry = { ...head.lastTransition, revision: 0, follows: [...follows] };
    stage.world.org.headItems.entries.place(`${headKey}#0`, entry);
    await invariants.checkAtRest();
    expect(invariants.violation?.invariant).toBe(4);
  });
});
