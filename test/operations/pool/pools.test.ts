import { beforeEach, describe, expect, test } from 'vitest';
import { ServiceName } from '#core/words/names.ts';
import { poolName } from '#core/org/resource-names.ts';
import { LastgoodError, isLastgoodError } from '#core/errors.ts';
import { preparePool } from '#operations/pool/prepare-pool.ts';
import { probePool } from '#operations/pool/probe-pool.ts';
import type { ProbePorts } from '#operations/pool/probe-release.ts';
import { proveWarmth } from '#operations/pool/prove-warmth.ts';
import { retirePools } from '#operations/pool/retire-pools.ts';
import type { SessionAssignment } from '#core/session/session-record.ts';
import { verifyAssignment } from '#core/session/tokens.ts';
import { endHoldback, promote, promotion, release, service } from '../../core/version-set/build.ts';
import { FakeOrg, aPromotion } from '../fake-org.ts';

const key = new TextEncoder().encode('0123456789abcdef0123456789abcdef');

describe('prepare-pool', () => {
  let org: FakeOrg;
  const asked: number[] = [];
  const run = (pool?: { since: string }) =>
    preparePool({
      pools: {
        ensure: (_service, _release, { hosts }) => {
          asked.push(hosts);
          return Promise.resolve();
        },
        describe: () => Promise.resolve({ name: 'pool', desired: 2, running: 0, pending: 2, lastEvent: 'no capacity' }),
      },
      hosts: org.hosts,
      network: { subnets: ['subnet-1'], securityGroup: 'sg-1' },
      wantedHosts: 2,
      clock: org.clock,
    })({
      ...aPromotion(),
      ...(pool && { pool: { ready: false, readyHosts: 0, wantedHosts: 2, problems: [], ...pool } }),
    });
  beforeEach(() => {
    org = new FakeOrg();
    asked.length = 0;
  });

  test('is ready when every host says so, and asks for the pool each time', async () => {
    expect(await run()).toMatchObject({ ready: false, readyHosts: 0, wantedHosts: 2 });
    org.addHost(release('b'));
    org.addHost(release('b'), { ready: false });
    expect(await run()).toMatchObject({ ready: false, readyHosts: 1 });
    org.addHost(release('b'));
    expect(await run()).toMatchObject({ ready: true, readyHosts: 2 });
    expect(asked).toEqual([2, 2, 2]);
  });

  test('counts neither hosts that drain nor leases that ran out', async () => {
    org.addHost(release('b'), { draining: true });
    org.addHost(release('b'), { leaseUntil: org.nowMs - 1 });
    expect((await run()).readyHosts).toBe(0);
  });

  test('remembers since when it waits, and gives up in the end with what ECS says', async () => {
    const { since } = await run();
    org.nowMs += 500_000;
    expect((await run({ since })).since).toBe(since);
    org.nowMs += 101_000;
    await expect(run({ since })).rejects.toThrow(/0 of 2 hosts of 1.1 are warm after 601 s; they say: no capacity/);
  });

  test('gives up soon on hosts that say why they cannot take their release', async () => {
    org.addHost(release('b'), { ready: false, problem: 'digest-mismatch: bundle' });
    const { since } = await run();
    org.nowMs += 31_000;
    await expect(run({ since })).rejects.toThrow(/host-1: digest-mismatch: bundle/);
  });
});

describe('probe-pool and prove-warmth', () => {
  let org: FakeOrg;
  let ports: ProbePorts;
  let dialed: string[];
  let fail: readonly string[];
  let assignments: SessionAssignment[];
  beforeEach(() => {
    org = new FakeOrg();
    dialed = [];
    fail = [];
    assignments = [];
    ports = {
      hosts: org.hosts,
      sessionKey: () => Promise.resolve(key),
      place: async ({ address, token }) => {
        dialed.push(address);
        assignments.push(await verifyAssignment(key, token, org.nowMs));
        if (fail.includes(address)) throw new LastgoodError('timeout', `the agent at ${address} said nothing`);
        return { firstAudioMs: 120 };
      },
      clock: org.clock,
      random: () => Buffer.alloc(16, 7),
    };
  });

  test('place one call through a host of the release, which can never enter a test', async () => {
    org.addHost(release('b'), { address: '10.0.0.1:8080' });
    expect(await probePool(ports)(aPromotion())).toEqual({ hostId: 'host-1', firstAudioMs: 120 });
    expect(dialed).toEqual(['10.0.0.1:8080']);
    expect(assignments).toMatchObject([{ probe: true, release: release('b'), service, weightPercent: 0 }]);
  });

  test('try another host, and refuse a release that is silent on all of them', async () => {
    org.addHost(release('b'), { address: '10.0.0.1:8080' });
    org.addHost(release('b'), { address: '10.0.0.2:8080' });
    fail = ['10.0.0.1:8080'];
    expect((await probePool(ports)(aPromotion())).hostId).toBe('host-2');
    fail = ['10.0.0.1:8080', '10.0.0.2:8080'];
    const error = await probePool(ports)(aPromotion()).catch((caught: unknown) => caught);
    expect(isLastgoodError(error, 'pool-not-ready') && !error.retryable).toBe(true);
  });

  test('come again when no host takes calls at the moment', async () => {
    await expect(probePool(ports)(aPromotion())).rejects.toMatchObject({ retryable: true });
  });

  test('invariant 1: prove last-good releases that have no callers, and no others', async () => {
    const prove = proveWarmth({
      heads: org.heads,
      ...ports,
      place: () => Promise.resolve({ firstAudioMs: 90 }),
      services: org.services,
      metrics: org.memory.metrics,
      log: org.log,
    });
    await org.startCanary();
    expect(await prove()).toEqual({ proven: 0, failed: 0 });
    await org.move({
      ...promote('p', org.now().toISOString()),
      holdback: { weightPercent: 2, until: new Date(org.nowMs + 3_600_000).toISOString() },
    });
    expect(await prove()).toEqual({ proven: 0, failed: 0 });
    await org.move(endHoldback(org.head));
    expect(await prove()).toEqual({ proven: 0, failed: 1 });
    org.addHost(release('a'));
    expect(await prove()).toEqual({ proven: 1, failed: 0 });
    expect(org.memory.metrics.points.map(({ name, value }) => [name, value])).toEqual([
      ['LastGoodCold', 1],
      ['LastGoodCold', 0],
    ]);
  });
});

describe('retire-old', () => {
  test('takes down pools that no head and no other promotion needs', async () => {
    const org = new FakeOrg();
    await org.startCanary();
    await org.move(promote('p', org.now().toISOString()));
    await org.promotions.end(promotion('p'), {
      outcome: 'promoted',
      reason: '',
      by: 'test',
      endedAt: org.now().toISOString(),
    });
    await org.promotions.record({
      input: aPromotion({ promotionId: promotion('q'), release: release('preparing') }),
      executionArn: 'arn',
      startedAt: org.now().toISOString(),
    });
    const names = ['a', 'b', 'old', 'preparing', 'never-had-a-pool'];
    const present = names.slice(0, 4).map((name) => poolName(service, release(name)));
    const retired: string[] = [];
    const result = await retirePools({
      heads: org.heads,
      releases: {
        list: () =>
          Promise.resolve(
            names.map((name) => ({
              releaseId: release(name),
              service: ServiceName.parse(service),
              version: aPromotion().version,
              publishedAt: org.now().toISOString(),
              publishedBy: 'ci',
            })),
          ),
      },
      promotions: org.promotions,
      pools: {
        list: () => Promise.resolve(present),
        retire: (_service, id) => {
          retired.push(id);
          return Promise.resolve('draining');
        },
      },
    })(aPromotion());
    expect(retired).toEqual([release('old')]);
    expect(result.pools).toEqual([poolName(service, release('old'))]);
    expect(result.kept).toContain(poolName(service, release('preparing')));
  });
});
