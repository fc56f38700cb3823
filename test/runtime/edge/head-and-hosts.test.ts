import { describe, expect, test } from 'vitest';
import type { HostLease } from '#core/host/leases.ts';
import { SetName } from '#core/words/names.ts';
import { HeadCache } from '#runtime/edge/head-cache.ts';
import { HostCache } from '#runtime/edge/host-cache.ts';
import { HostChoice } from '#runtime/edge/host-choice.ts';
import { FakeHeads, FakeHosts, memoryLog } from '../support/fakes.ts';
import { headOf, releaseA, releaseB, service, set } from '../support/heads.ts';
import { ManualClock } from '#memory/manual-clock.ts';

const lease = (changes: Partial<HostLease> = {}): HostLease => ({
  hostId: 'one',
  service,
  releaseId: releaseA,
  address: '127.0.0.1:1',
  freeProcesses: 5,
  activeSessions: 0,
  warmTarget: 5,
  ready: true,
  draining: false,
  leaseUntil: Date.parse('2026-01-05T09:00:10.000Z'),
  ...changes,
});

describe('the heads that an edge knows', () => {
  test('invariant 7: the last one read holds while reads fail, and each failure is logged', async () => {
    const clock = new ManualClock();
    const heads = new FakeHeads();
    heads.set(headOf());
    const { log, lines } = memoryLog(clock.now);
    const cache = new HeadCache({ reader: heads, clock, log });
    expect((await cache.get(service, set))?.revision).toBe(1);
    heads.down = true;
    await cache.refresh();
    expect(cache.current(service, set)?.revision).toBe(1);
    expect(cache.failedReads).toBe(1);
    expect(lines.at(-1)).toMatchObject({ event: 'head-read-failed', kept_revision: 1 });
  });

  test('invariant 11: names of sets without a release take no place from those that have one', async () => {
    const clock = new ManualClock();
    const heads = new FakeHeads();
    heads.set(headOf());
    const cache = new HeadCache({ reader: heads, clock, log: memoryLog(clock.now).log });
    for (let index = 0; index < 300; index++) await cache.get(service, SetName.parse(`personal-${index}`));
    expect((await cache.get(service, set))?.revision).toBe(1);
  });

  test('a read that hangs is given up after a second', async () => {
    const clock = new ManualClock();
    const { log } = memoryLog(clock.now);
    const cache = new HeadCache({ reader: { read: () => new Promise(() => undefined) }, clock, log });
    const read = cache.get(service, set);
    await clock.advance(1_000);
    expect(await read).toBeUndefined();
  });

  test('an old revision that arrives late does not move the pointer back', async () => {
    const clock = new ManualClock();
    const heads = new FakeHeads();
    const cache = new HeadCache({ reader: heads, clock, log: memoryLog(clock.now).log });
    heads.set(headOf({ revision: 5, stable: releaseB }));
    await cache.get(service, set);
    heads.set(headOf({ revision: 4 }));
    await cache.refresh();
    expect(cache.current(service, set)?.stable).toBe(releaseB);
  });
});

describe('the hosts that an edge knows', () => {
  test('only ready hosts with a standing lease take calls', async () => {
    const clock = new ManualClock();
    const hosts = new FakeHosts();
    const cache = new HostCache({ directory: hosts, clock, log: memoryLog(clock.now).log });
    for (const changes of [
      { hostId: 'good' },
      { hostId: 'not-ready', ready: false },
      { hostId: 'draining', draining: true },
      { hostId: 'expired', leaseUntil: clock.now() },
    ])
      await hosts.write(lease(changes));

    expect((await cache.get(service, releaseA))?.map(({ hostId }) => hostId)).toEqual(['good']);
  });

  test('invariant 7: leases do not expire while nobody can read whether they were renewed', async () => {
    const clock = new ManualClock();
    const hosts = new FakeHosts();
    const cache = new HostCache({ directory: hosts, clock, log: memoryLog(clock.now).log });
    await hosts.write(lease());
    await cache.get(service, releaseA);
    hosts.down = true;
    await clock.advance(60_000);
    await cache.refresh();
    expect(await cache.get(service, releaseA)).toHaveLength(1);
    hosts.down = false;
    await cache.refresh();
    expect(await cache.get(service, releaseA)).toHaveLength(0);
  });

  test('hosts that were never read are unknown, not none', async () => {
    const clock = new ManualClock();
    const hosts = new FakeHosts();
    hosts.down = true;
    const cache = new HostCache({ directory: hosts, clock, log: memoryLog(clock.now).log });
    expect(await cache.get(service, releaseA)).toBeUndefined();
  });
});

describe('the choice of a host', () => {
  const none = new Set<string>();

  test('takes the one with more free processes of two, counting what was sent since its lease', () => {
    const draws = [0, 0.9];
    let turn = 0;
    const choice = new HostChoice(new ManualClock(), () => draws[turn++ % 2] ?? 0);
    const hosts = [lease({ hostId: 'one', freeProcesses: 3 }), lease({ hostId: 'two', freeProcesses: 2 })];
    const picked = Array.from({ length: 4 }, () => {
      const host = choice.pick(hosts, none);
      if (host) choice.sent(host);
      return host?.hostId;
    });
    expect(picked).toEqual(['one', 'one', 'two', 'one']);
  });

  test('still asks a host that seems full, because it may have a fresh process by now', () => {
    const choice = new HostChoice(new ManualClock(), () => 0);
    expect(choice.pick([lease({ freeProcesses: 0 })], none)?.hostId).toBe('one');
  });

  test.each([
    ['full', 100],
    ['unreachable', 2_000],
  ] as const)('leaves a host that is %s alone for %i ms', async (reason, ms) => {
    const clock = new ManualClock();
    const choice = new HostChoice(clock, () => 0);
    const host = lease();
    choice.avoid(host, reason);
    expect(choice.pick([host], none)).toBeUndefined();
    await clock.advance(ms);
    expect(choice.pick([host], none)).toBe(host);
  });

  test('does not offer a call to the same host twice', () => {
    expect(new HostChoice(new ManualClock(), () => 0).pick([lease()], new Set(['one']))).toBeUndefined();
  });
});
