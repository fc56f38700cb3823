import { beforeEach, describe, expect, test } from 'vitest';
import type { WarmthProof } from '#core/promotion/warmth.ts';
import { watchStable } from '#operations/stable/watch-stable.ts';
import { promote, release } from '../../core/version-set/build.ts';
import { FakeOrg, aSession } from '../fake-org.ts';

describe('the breaker of stable', () => {
  let org: FakeOrg;
  let proof: WarmthProof | undefined;
  let asked: number;
  let watch: () => Promise<void>;
  beforeEach(async () => {
    org = new FakeOrg();
    await org.startCanary();
    await org.move(promote('p', org.now().toISOString()));
    proof = undefined;
    asked = 0;
    const run = watchStable({
      ...org.pagePorts(),
      heads: org.heads,
      history: { list: () => Promise.resolve([org.head.lastTransition, ...org.history.toReversed()]) },
      sessions: org.sessionStore,
      promotions: org.promotions,
      warmth: { get: () => Promise.resolve(proof) },
      proveWarmth: () => {
        asked += 1;
        return Promise.resolve();
      },
      services: org.services,
      org: 'acme-test',
      log: org.log,
      by: 'lambda:weigh-outcome',
    });
    watch = () => run(org.head);
  });

  /** Calls on the release that is stable now, one per second. */
  const calls = (count: number, failsEvery: number): void => {
    for (let index = 0; index < count; index += 1) {
      const at = org.sessions.length;
      const record = aSession({
        index: at,
        outcome: index % failsEvery === 0 ? 'failed' : 'completed',
        startSecond: 1 + at,
      });
      org.sessions.push({ ...record, assignment: { ...record.assignment, release: org.head.stable } });
      org.nowMs = Date.parse(record.assignment.startedAt) + 20_000;
    }
  };
  const prove = (ok: boolean): void => {
    proof = { release: release('a'), at: org.now().toISOString(), ok, detail: 'spoke' };
  };

  test('is quiet while stable is as it was', async () => {
    calls(300, 20);
    await watch();
    expect(org.pages).toEqual([]);
    expect(org.head.stable).toBe(release('b'));
  });

  test('goes back to a last-good that has just proven that it can take a call', async () => {
    calls(100, 2);
    prove(true);
    await watch();
    expect(org.head).toMatchObject({ stable: release('a'), lastGood: release('a') });
    expect(org.head.lastTransition).toMatchObject({ kind: 'roll-back', by: 'lambda:weigh-outcome' });
    await org.carryOut();
    expect([...org.quarantined.keys()]).toEqual([release('b')]);
    expect(org.pages.at(-1)?.subject).toBe('[acme-test] appointments unknown rolled back on release');
  });

  test('invariant 11: reads for a limited time, and goes on where it stopped', async () => {
    calls(100, 2);
    prove(true);
    let observed = 0;
    const list = org.sessionStore.listByService;
    const slow: typeof list = async function* (name, set, range) {
      for await (const record of list(name, set, range)) {
        observed += 1;
        // Reading is slow: six seconds a call.
        org.nowMs += 6_000;
        yield record;
      }
    };
    Object.assign(org.sessionStore, { listByService: slow });
    await watch();
    expect(observed).toBe(3);
    expect(org.head.stable).toBe(release('b'));
    for (let count = 0; count < 100 && org.head.stable !== release('a'); count += 1) {
      prove(true);
      await watch();
    }
    expect(org.head.stable).toBe(release('a'));
  });

  test('stays and pages when last-good is unhealthy too: a shared outage has no better place', async () => {
    calls(100, 2);
    prove(false);
    await watch();
    expect(org.head.stable).toBe(release('b'));
    expect(org.pages).toHaveLength(1);
    expect(org.pages[0]?.body).toContain('last-good is unhealthy too');
  });

  test('asks for a proof first, and pages when none comes', async () => {
    calls(100, 2);
    await watch();
    expect(asked).toBe(1);
    expect(org.pages).toEqual([]);
    org.nowMs += 31_000;
    await watch();
    expect(org.pages).toHaveLength(1);
    expect(org.head.stable).toBe(release('b'));
  });

  test('takes an old proof for none', async () => {
    calls(100, 2);
    prove(true);
    org.nowMs += 180_000;
    await watch();
    expect(asked).toBe(1);
    expect(org.head.stable).toBe(release('b'));
  });

  test('pages once, however long it lasts', async () => {
    calls(100, 2);
    prove(false);
    for (let count = 0; count < 5; count += 1) {
      calls(1, 2);
      prove(false);
      await watch();
    }
    expect(org.pages).toHaveLength(1);
  });

  test('has nowhere to go when last-good is stable itself, and says so', async () => {
    calls(100, 2);
    prove(true);
    await watch();
    calls(100, 2);
    await watch();
    expect(org.head.stable).toBe(release('a'));
    expect(org.pages).toHaveLength(1);
    expect(org.pages[0]?.body).toContain('no other release is known to be good');
  });
});
