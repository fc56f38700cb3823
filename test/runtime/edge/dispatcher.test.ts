import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { SessionAssignment } from '#core/session/session-record.ts';
import type { Ticket } from '#core/session/tokens.ts';
import { digestOf, ReleaseId } from '#core/words/digest.ts';
import { SessionId, TraceId } from '#core/words/ids.ts';
import { CustomerId, ServiceName, SetName } from '#core/words/names.ts';
import { chooseRelease } from '#runtime/edge/choose-release.ts';
import { Dispatcher, type PendingCall } from '#runtime/edge/dispatcher.ts';
import { HeadCache } from '#runtime/edge/head-cache.ts';
import { HostCache } from '#runtime/edge/host-cache.ts';
import { HostChoice } from '#runtime/edge/host-choice.ts';
import type { HostAnswer } from '#runtime/edge/host-connection.ts';
import type { LostCall } from '#runtime/edge/lost-calls.ts';
import { WaitQueue } from '#runtime/edge/wait-queue.ts';
import { FakeHeads, FakeHosts, memoryLog } from '../support/fakes.ts';
import { comparisonId, headOf, promotionId, releaseA, releaseB } from '../support/heads.ts';
import { ManualClock } from '#memory/manual-clock.ts';

const ticket = (changes: Partial<Ticket> = {}): Ticket => ({
  sessionId: SessionId.parse('session-0001'),
  traceId: TraceId.parse('0'.repeat(32)),
  service: ServiceName.parse('appointments'),
  set: SetName.parse('release'),
  customerId: CustomerId.parse('harbor'),
  affinityKey: digestOf('caller'),
  channel: 'phone',
  ...changes,
});

const accepted: HostAnswer = { kind: 'accepted', socket: {} as Socket, head: Buffer.alloc(0) };
const refused: HostAnswer = { kind: 'refused', detail: '503 busy' };

const setUp = async (answers: Readonly<Record<string, readonly HostAnswer[]>>, maxWaitMs = 1_000) => {
  const clock = new ManualClock();
  const { log } = memoryLog(clock.now);
  const heads = new FakeHeads();
  const hosts = new FakeHosts();
  const lost: LostCall[] = [];
  const offered: { readonly address: string; readonly sessionId: string; readonly arm: string }[] = [];
  const left = new Map(Object.entries(answers).map(([address, list]) => [address, [...list]]));
  const headCache = new HeadCache({ reader: heads, clock, log });
  const addHost = (address: string, releaseId: string) =>
    hosts.write({
      hostId: address,
      service: 'appointments',
      releaseId,
      address,
      freeProcesses: 1,
      activeSessions: 0,
      warmTarget: 1,
      ready: true,
      draining: false,
      leaseUntil: Number.MAX_SAFE_INTEGER,
    });
  const dispatcher = new Dispatcher({
    clock,
    sign: async (assignment) => JSON.stringify(assignment),
    heads: headCache,
    hosts: new HostCache({ directory: hosts, clock, log }),
    choice: new HostChoice(clock, () => 0),
    queue: new WaitQueue({ clock, maxPending: 10, maxWaitMs }),
    offerCall: async ({ address, token }) => {
      const { sessionId, arm } = JSON.parse(token) as SessionAssignment;
      offered.push({ address, sessionId, arm });
      return left.get(address)?.shift() ?? refused;
    },
    onLost: (call) => lost.push(call),
  });
  const call = (changes: Partial<Ticket> = {}): PendingCall => ({
    ticket: ticket(changes),
    headers: {},
    signal: new AbortController().signal,
    log,
    acceptedAt: clock.now(),
  });
  return { clock, heads, hosts, headCache, addHost, dispatcher, call, lost, offered, left };
};

describe('the choice of a release', () => {
  const head = headOf({ candidate: releaseB });
  const now = Date.parse('2026-01-05T09:00:00.000Z');

  test.each([
    [
      'the candidate at full weight',
      head,
      {},
      undefined,
      { arm: 'candidate', release: releaseB, promotionId, probe: false },
    ],
    ['stable without a candidate', headOf(), {}, undefined, { arm: 'stable', release: releaseA, probe: false }],
    [
      'stable past the exposure lease',
      headOf({ candidate: releaseB, exposureUntil: '2026-01-05T08:59:59.999Z' }),
      {},
      undefined,
      { arm: 'stable', weightPercent: 0 },
    ],
    [
      'stable when this candidate had no process for the call',
      head,
      {},
      releaseB,
      { arm: 'stable', release: releaseA, weightPercent: 100 },
    ],
    [
      'the pinned release for a probe',
      head,
      { pin: ReleaseId.parse(releaseB) },
      undefined,
      { arm: 'candidate', probe: true },
    ],
    [
      'the pinned release without any head',
      undefined,
      { pin: ReleaseId.parse(releaseB) },
      undefined,
      { release: releaseB, probe: true },
    ],
  ] as const)('is %s', (_, given, changes, failedCandidate, expected) => {
    expect(chooseRelease(given, ticket(changes), now, failedCandidate)).toMatchObject(expected);
  });

  test('a call that its candidate had no process for belongs to no arm of the test', () => {
    expect(chooseRelease(head, ticket(), now, releaseB)).not.toHaveProperty('promotionId');
  });
});

describe('dispatching', () => {
  test('offers the call to the next host when one refuses', async () => {
    const at = await setUp({ one: [refused], two: [accepted] });
    at.heads.set(headOf());
    await at.addHost('one', releaseA);
    await at.addHost('two', releaseA);
    const done = await at.dispatcher.dispatch(at.call());
    expect(done.kind).toBe('started');
    expect(at.offered.map(({ address, sessionId }) => [address, sessionId])).toEqual([
      ['one', 'session-0001'],
      ['two', 'session-0001'],
    ]);
  });

  test('gives the session another id after a host that may have opened its record', async () => {
    const at = await setUp({ one: [{ kind: 'failed', detail: 'timeout', maybeStarted: true }], two: [accepted] });
    at.heads.set(headOf());
    await at.addHost('one', releaseA);
    await at.addHost('two', releaseA);
    await at.dispatcher.dispatch(at.call());
    expect(at.offered.map(({ sessionId }) => sessionId)).toEqual(['session-0001', 'session-0001-1']);
  });

  test('a candidate that is full to the end of the wait loses the call to stable and to the test', async () => {
    const at = await setUp({ candidate: [], stable: [accepted] });
    at.heads.set(headOf({ candidate: releaseB }));
    await at.addHost('candidate', releaseB);
    await at.addHost('stable', releaseA);
    const dispatched = at.dispatcher.dispatch(at.call());
    await at.clock.advance(900);
    expect([at.lost, at.offered.some(({ address }) => address === 'stable')]).toEqual([[], false]);
    await at.clock.advance(100);
    expect(await dispatched).toMatchObject({ kind: 'started', assignment: { arm: 'stable', release: releaseA } });
    expect(await dispatched).not.toHaveProperty('assignment.promotionId');
    expect(at.lost).toMatchObject([
      { reason: 'busy', served: true, assignment: { sessionId: 'session-0001-lost', arm: 'candidate', promotionId } },
    ]);
  });

  test('stable waits as long, and its loss is kept in the same way', async () => {
    const at = await setUp({ stable: [] });
    at.heads.set(headOf({ candidate: releaseB, weightPercent: 0 }));
    await at.addHost('stable', releaseA);
    const dispatched = at.dispatcher.dispatch(at.call());
    await at.clock.advance(900);
    expect(at.lost).toEqual([]);
    await at.clock.advance(100);
    expect(await dispatched).toEqual({ kind: 'busy' });
    expect(at.lost).toMatchObject([{ reason: 'busy', served: false, assignment: { arm: 'stable', promotionId } }]);
  });

  test.each([
    ['no host', 'no-host', []],
    [
      'a host that cannot be reached',
      'host-refused',
      [{ kind: 'failed', detail: 'ECONNREFUSED', maybeStarted: false }],
    ],
  ] as const)('a pool with %s is told apart', async (_case, reason, answers) => {
    const at = await setUp({ candidate: answers }, 0);
    at.heads.set(headOf({ candidate: releaseB }));
    if (answers.length > 0) await at.addHost('candidate', releaseB);
    expect((await at.dispatcher.dispatch(at.call())).kind).toBe('busy');
    expect(at.lost).toMatchObject([{ reason, served: false, assignment: { arm: 'candidate' } }]);
  });

  test("a full queue of the candidate's sends its callers to stable, where they wait for what is left", async () => {
    const at = await setUp({ candidate: [], stable: [refused, refused, accepted] });
    at.heads.set(headOf({ candidate: releaseB }));
    await at.addHost('candidate', releaseB);
    await at.addHost('stable', releaseA);
    for (let place = 0; place < 10; place += 1) void at.dispatcher.dispatch(at.call());
    await at.clock.advance(50);
    const dispatched = at.dispatcher.dispatch(at.call());
    await at.clock.advance(400);
    expect(await dispatched).toMatchObject({ kind: 'started', assignment: { arm: 'stable' } });
    expect(at.lost).toMatchObject([{ reason: 'busy', served: true, assignment: { arm: 'candidate' } }]);
  });

  test('a candidate that is full for a moment only keeps the call', async () => {
    const at = await setUp({ candidate: [refused, accepted] });
    at.heads.set(headOf({ candidate: releaseB }));
    await at.addHost('candidate', releaseB);
    const dispatched = at.dispatcher.dispatch(at.call());
    await at.clock.advance(200);
    expect(await dispatched).toMatchObject({ kind: 'started', assignment: { arm: 'candidate' } });
    expect(at.lost).toEqual([]);
  });

  test('a probe that finds no process is lost to nobody', async () => {
    const at = await setUp({}, 0);
    at.heads.set(headOf());
    expect((await at.dispatcher.dispatch(at.call({ pin: ReleaseId.parse(releaseB) }))).kind).toBe('busy');
    expect(at.lost).toEqual([]);
  });

  test('invariant 8: a caller whose last-good has no process is carried by stable, and nobody is blamed', async () => {
    const at = await setUp({ lastGood: [], stable: [accepted] });
    at.heads.set(headOf({ heldBack: releaseB }));
    await at.addHost('lastGood', releaseB);
    await at.addHost('stable', releaseA);
    const heldBack = ticket({ affinityKey: digestOf('caller 1') });
    expect(chooseRelease(headOf({ heldBack: releaseB }), heldBack, 0)).toMatchObject({
      arm: 'holdback',
      release: releaseB,
      promotionId: comparisonId,
    });
    const dispatched = at.dispatcher.dispatch({ ...at.call(), ticket: heldBack });
    await at.clock.advance(6_000);
    expect(await dispatched).toMatchObject({ kind: 'started', assignment: { arm: 'stable', release: releaseA } });
    expect(await dispatched).not.toHaveProperty('assignment.promotionId');
    expect(at.lost).toMatchObject([{ assignment: { arm: 'holdback' }, served: true }]);
  });

  test('hosts that cannot be listed are unknown', async () => {
    const at = await setUp({}, 0);
    at.heads.set(headOf({ candidate: releaseB }));
    at.hosts.down = true;
    const dispatched = at.dispatcher.dispatch(at.call());
    await at.clock.advance(1_000);
    expect((await dispatched).kind).toBe('busy');
    expect(at.lost).toMatchObject([{ reason: 'unknown-hosts' }]);
  });

  test('invariant 6: a queued call follows the head of the moment it starts', async () => {
    const at = await setUp({ candidate: [accepted] }, 10_000);
    at.heads.set(headOf());
    await at.addHost('candidate', releaseB);
    const dispatched = at.dispatcher.dispatch(at.call());
    await at.clock.advance(500);
    at.heads.set(headOf({ revision: 2, stable: releaseB }));
    await at.headCache.refresh();
    await at.clock.advance(200);
    expect(await dispatched).toMatchObject({ kind: 'started', assignment: { release: releaseB, arm: 'stable' } });
  });

  test('invariant 6: no offer goes to a candidate that the head no longer names', async () => {
    const at = await setUp({ candidate: [refused, accepted], stable: [accepted] });
    at.heads.set(headOf({ candidate: releaseB }));
    await at.addHost('candidate', releaseB);
    await at.addHost('stable', releaseA);
    const dispatched = at.dispatcher.dispatch(at.call());
    await at.clock.advance(50);
    at.heads.set(headOf({ revision: 2 }));
    await at.headCache.refresh();
    await at.clock.advance(200);
    expect(await dispatched).toMatchObject({ kind: 'started', assignment: { arm: 'stable' } });
    expect(at.offered.map(({ address }) => address)).toEqual(['candidate', 'stable']);
    expect(at.lost).toEqual([]);
  });

  test('a service without a head has no release to call', async () => {
    const at = await setUp({});
    expect((await at.dispatcher.dispatch(at.call())).kind).toBe('no-release');
  });

  test('a caller who hangs up while waiting is gone', async () => {
    const at = await setUp({}, 10_000);
    at.heads.set(headOf());
    await at.addHost('one', releaseA);
    const gone = new AbortController();
    const dispatched = at.dispatcher.dispatch({ ...at.call(), signal: gone.signal });
    await at.clock.advance(150);
    gone.abort();
    await at.clock.advance(200);
    expect((await dispatched).kind).toBe('gone');
    expect(at.lost).toMatchObject([{ reason: 'gone', served: false }]);
  });
});
