import { beforeEach, describe, expect, test } from 'vitest';
import { sweepSessions } from '#operations/session/sweep-sessions.ts';
import { release } from '../../core/version-set/build.ts';
import { FakeOrg, aSession } from '../fake-org.ts';

describe('sweep-sessions', () => {
  let org: FakeOrg;
  const sweep = () =>
    sweepSessions({
      sessions: org.sessionStore,
      open: { list: () => openOf(org) },
      hosts: org.hosts,
      log: org.log,
      clock: org.clock,
    })();
  const openOf = async function* (of: FakeOrg) {
    yield* of.sessions.filter(({ result }) => result === undefined);
  };
  beforeEach(() => {
    org = new FakeOrg();
    org.sessions.push(aSession({ index: 1, open: true, hostId: 'host-1' }));
    org.nowMs += 120_000;
  });

  test('closes calls of a host that went away as lost', async () => {
    org.addHost(release('a'), { hostId: 'host-1', leaseUntil: org.nowMs - 61_000 });
    expect(await sweep()).toEqual({ closed: 1 });
    expect(org.sessions[0]?.result).toMatchObject({ lost: 'after-hand-over', outcome: 'failed' });
  });

  test('closes calls of a host that nobody remembers', async () => {
    expect(await sweep()).toEqual({ closed: 1 });
  });

  test.each([
    ['whose host is alive', 10_000],
    ['whose host was alive a moment ago', -20_000],
  ])('leaves calls alone %s', async (_why, untilMs) => {
    org.addHost(release('a'), { hostId: 'host-1', leaseUntil: org.nowMs + untilMs });
    expect(await sweep()).toEqual({ closed: 0 });
  });

  test('leaves calls alone that started a moment ago: their host may not have written its first lease', async () => {
    org = new FakeOrg();
    org.nowMs += 120_000;
    org.sessions.push(aSession({ index: 2, open: true, startSecond: 100 }));
    expect(await sweep()).toEqual({ closed: 0 });
  });
});
