import { describe, expect, test } from 'vitest';
import { timestampOf } from '#core/clock.ts';
import { poolName } from '#core/org/resource-names.ts';
import { SessionId } from '#core/words/ids.ts';
import { memoryExecutions } from '#memory/executions.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { memoryMetrics } from '#memory/metric-sink.ts';
import { memoryPager } from '#memory/pager.ts';
import { memoryPools } from '#memory/pools.ts';
import { memorySessionStore } from '#memory/session-store.ts';
import { allOf } from '../contracts/ports/ports-under-test.ts';
import { productionSet, release, service } from '../core/version-set/build.ts';
import { aPromotion, aSession, startMs } from '../operations/fake-org.ts';

const network = { subnets: [], securityGroup: 'sg-1' };

describe('an index of sessions that is behind its table', () => {
  test('shows a start, and then a result, as much later as it is behind', async () => {
    const clock = new ManualClock(startMs);
    const sessions = memorySessionStore({ clock, indexLagMs: 1_000 });
    const { result, ...opening } = aSession({ index: 1 });
    const open = { ...opening, openedAt: timestampOf(startMs) };
    const id = SessionId.parse(open.assignment.sessionId);
    const listed = () => allOf(sessions.listByService(service, productionSet, { from: new Date(startMs) }));
    await sessions.open(open);
    expect(await sessions.get(id)).toEqual(open);
    expect([await listed(), await sessions.openByHost('host-1')]).toEqual([[], []]);
    await clock.advance(1_000);
    expect([await listed(), await sessions.openByHost('host-1')]).toEqual([[open], [open]]);
    await sessions.close(id, result!);
    await clock.advance(999);
    expect([await listed(), await sessions.openByHost('host-1')]).toEqual([[open], [open]]);
    await clock.advance(1);
    expect([await listed(), await sessions.openByHost('host-1')]).toEqual([
      [{ ...open, result: { ...result, recordedAt: timestampOf(startMs + 1_000) } }],
      [],
    ]);
  });
});

describe('pools in memory', () => {
  test('tasks take their time to start, and wait while they cannot', async () => {
    const clock = new ManualClock();
    const why: { now: string | undefined } = { now: 'no capacity' };
    const pools = memoryPools({ clock, startMs: 30_000, refusal: () => why.now });
    const id = release('a');
    await pools.ensure(service, id, { ...network, hosts: 2 });
    await clock.advance(30_000);
    expect(await pools.describe(service, id)).toMatchObject({ running: 0, pending: 2, lastEvent: 'no capacity' });
    why.now = undefined;
    expect(await pools.describe(service, id)).toMatchObject({ running: 2, pending: 0 });
  });

  test('invariant 8: a task with a call on it outlives the scaling of its pool', async () => {
    const busy = new Map([[poolName(service, release('a')), 1]]);
    const pools = memoryPools({ clock: new ManualClock(), protectedTasks: (pool) => busy.get(pool) ?? 0 });
    const id = release('a');
    await pools.ensure(service, id, { ...network, hosts: 3 });
    expect(await pools.retire(service, id)).toBe('draining');
    expect(await pools.retire(service, id)).toBe('draining');
    expect(await pools.describe(service, id)).toMatchObject({ desired: 0, running: 1 });
    busy.clear();
    expect(await pools.retire(service, id)).toBe('gone');
  });
});

describe('executions in memory', () => {
  test('tell whoever carries them out, remember their states, and are forgotten after 90 days', async () => {
    const clock = new ManualClock();
    const begun: number[] = [];
    const executions = memoryExecutions({ clock, onStart: ({ continuation }) => begun.push(continuation) });
    const input = aPromotion();
    await executions.start(input);
    await executions.start(input);
    await executions.start({ ...input, continuation: 1 });
    expect(begun).toEqual([0, 1]);
    executions.enter(input, 'Validate');
    executions.enter(input, 'PreparePool');
    executions.finish(input, 'failed', 'pool-not-ready: no host');
    executions.finish(input, 'succeeded');
    executions.enter(input, 'Abort');
    expect(await executions.statesEntered(input)).toEqual(['PreparePool', 'Validate']);
    expect(await executions.describe(input)).toMatchObject({ status: 'failed', problem: 'pool-not-ready: no host' });
    await clock.advance(90 * 86_400_000);
    expect(await executions.describe(input)).toBeUndefined();
    await executions.start(input);
    expect(begun).toEqual([0, 1, 0]);
  });
});

describe('what tells people and machines, in memory', () => {
  test('a page keeps one line of ASCII and as much as fits', async () => {
    const pager = memoryPager({ clock: new ManualClock() });
    await pager.send({ subject: `Gr\u00fc\u00dfe\n${'x'.repeat(200)}`, body: 'é'.repeat(200_000) });
    const [page] = pager.sent;
    expect(page?.subject).toMatch(/^[ -~]{1,99}$/);
    expect(Buffer.byteLength(page?.body ?? '')).toBeLessThanOrEqual(262_144);
    expect(page?.body).toMatch(/cut here/);
  });

  test('one point that is none refuses all that came with it', async () => {
    const metrics = memoryMetrics({ clock: new ManualClock() });
    const good = { name: 'CallsStarted', value: 1, dimensions: {} };
    const published = metrics.publish([good, { ...good, value: Number.NaN }], new Date(startMs));
    await expect(published).rejects.toMatchObject({ code: 'aws-failed' });
    expect(metrics.points).toEqual([]);
    await metrics.publish([good], new Date(startMs));
    expect(metrics.points).toEqual([{ ...good, at: new Date(startMs) }]);
  });
});
