import { expect, test } from 'vitest';
import { measureDeployments } from '#operations/version-set/measure-deployments.ts';
import { productionSet, promotion, service } from '../../core/version-set/build.ts';
import { FakeOrg, startMs } from '../fake-org.ts';

const iso = (seconds: number): string => new Date(startMs + seconds * 1_000).toISOString();

/** A promotion that was decided at 100 s and flipped at 102 s. */
const promoted = async (): Promise<FakeOrg> => {
  const org = new FakeOrg();
  await org.startCanary();
  org.nowMs = startMs + 100_000;
  const decided = { at: iso(100), verdict: 'promote' as const, reason: 'no worse', record: {} };
  const { key } = await org.promotions.decide(promotion('p'), decided);
  org.nowMs = startMs + 102_000;
  const evidence = { verdict: 'promote' as const, decision: key, decidedAt: iso(100) };
  await org.move({ kind: 'promote', promotionId: promotion('p'), evidence, reason: 'no worse' });
  return org;
};

const measure = (org: FakeOrg, from: number, to: number) =>
  measureDeployments(
    {
      history: { list: () => Promise.resolve([org.head.lastTransition, ...org.history.toReversed()]) },
      promotions: org.promotions,
    },
    { service, set: productionSet, from: iso(from), to: iso(to) },
  );

test('deployments are measured from history and the records of their promotions', async () => {
  const metrics = await measure(await promoted(), -10, 3_600);
  expect(metrics).toMatchObject({ promoted: 1, aborted: 0, rolledBack: 0, successRate: 1 });
});

test('a window that ends before the promotion counts none', async () => {
  const metrics = await measure(await promoted(), 103, 3_600);
  expect(metrics).toMatchObject({ promoted: 0, successRate: null });
});
