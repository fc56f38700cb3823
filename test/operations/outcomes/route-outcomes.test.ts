import { marshall } from '@aws-sdk/util-dynamodb';
import { beforeEach, describe, expect, test } from 'vitest';
import { type SessionStreamEvent, sessionsOfChanges } from '#aws/session-stream.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import { judgeCandidate } from '#operations/canary/judge-candidate.ts';
import { judge } from '#operations/canary/judge.ts';
import { routeOutcomes } from '#operations/outcomes/route-outcomes.ts';
import { ServiceName } from '#core/words/names.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { promotion, release } from '../../core/version-set/build.ts';
import { FakeOrg, aSession } from '../fake-org.ts';

const eventOf = (...records: readonly unknown[]): SessionStreamEvent => ({
  Records: records.map((record, index) => ({
    eventID: String(index),
    eventName: 'MODIFY',
    dynamodb: { NewImage: marshall(record as Record<string, unknown>, { removeUndefinedValues: true }) },
  })),
});
const itemOf = (record: SessionRecord): Record<string, unknown> => ({
  pk: `SESSION#${record.assignment.sessionId}`,
  sk: 'RECORD',
  ...record,
});

describe('the in-band path', () => {
  let org: FakeOrg;
  let watched: number;
  let handle: (event: SessionStreamEvent) => Promise<unknown>;
  const start = (): void => {
    watched = 0;
    const route = routeOutcomes({
      heads: org.heads,
      clock: new ManualClock(),
      log: org.log,
      judgeCandidate: judgeCandidate({
        clock: org.clock,
        heads: org.heads,
        judge: judge(org.judgePorts()),
        promotions: org.promotions,
        services: org.services,
        log: org.log,
        by: 'lambda:weigh-outcome',
      }),
      watchHoldback: () => {
        watched += 1;
        return Promise.resolve();
      },
    });
    handle = ({ Records }) => route(sessionsOfChanges(Records, org.log));
  };
  /** A call ends: its record is in the table, and its change in the stream. */
  const end = async (record: SessionRecord, isStored = true): Promise<void> => {
    if (isStored) org.sessions.push(record);
    org.nowMs = Math.max(org.nowMs, Date.parse(record.result?.endedAt ?? record.assignment.startedAt) + 100);
    await handle(eventOf(itemOf(record)));
  };
  /** Calls of both arms until the head moves. @returns how many it took */
  const untilFlip = async (isStored = true): Promise<number> => {
    for (let index = 0; index < 200; index += 1) {
      const arm = index % 4 === 0 ? 'candidate' : 'stable';
      const outcome = arm === 'candidate' ? 'failed' : 'completed';
      await end(aSession({ index, arm, outcome, startSecond: 1 + index }), isStored);
      if (org.head.candidate === undefined) return index + 1;
    }
    return Number.POSITIVE_INFINITY;
  };
  beforeEach(async () => {
    org = new FakeOrg();
    await org.startCanary();
    start();
  });

  test('flips with the outcome of the deciding call', async () => {
    const calls = await untilFlip();
    expect(calls).toBeLessThan(120);
    expect(org.head).toMatchObject({ stable: release('a'), lastPromotion: { outcome: 'aborted' } });
    expect(org.head.lastTransition).toMatchObject({ kind: 'abort', by: 'lambda:weigh-outcome' });
    expect(org.head.lastTransition.evidence).toMatch(/DECISION/);
  });

  test('quarantines by digest, ends the promotion and pages once', async () => {
    await untilFlip();
    await end(aSession({ index: 500, arm: 'candidate', outcome: 'failed' }));
    await org.carryOut();
    expect([...org.quarantined.keys()]).toEqual([release('b')]);
    expect(org.promotionRecords.get(promotion('p'))?.end).toMatchObject({ outcome: 'aborted' });
    expect(org.pages).toHaveLength(1);
    expect(org.pages[0]?.subject).toBe('[acme-test] appointments 1.1 aborted on release');
  });

  test('decides the same after a cold start', async () => {
    const warm = await untilFlip();
    const cold = new FakeOrg();
    org = cold;
    await org.startCanary();
    start();
    for (let index = 0; index < warm - 1; index += 1) {
      const arm = index % 4 === 0 ? 'candidate' : 'stable';
      org.sessions.push(
        aSession({ index, arm, outcome: arm === 'candidate' ? 'failed' : 'completed', startSecond: 1 + index }),
      );
    }
    const last = warm - 1;
    await end(
      aSession({
        index: last,
        arm: last % 4 === 0 ? 'candidate' : 'stable',
        outcome: last % 4 === 0 ? 'failed' : 'completed',
        startSecond: 1 + last,
      }),
    );
    expect(org.head.candidate).toBeUndefined();
  });

  test('does not wait for the index: the deciding record may be in the stream only', async () => {
    expect(await untilFlip(false)).toBeGreaterThan(1);
    for (const record of org.sessions) expect(record).toBeDefined();
  });

  test('sees the calls that other instances of the function got', async () => {
    await end(aSession({ index: 900, arm: 'stable', startSecond: 1 }));
    for (let index = 0; index < 160; index += 1) {
      const arm = index % 4 === 0 ? 'candidate' : 'stable';
      org.sessions.push(
        aSession({ index, arm, outcome: arm === 'candidate' ? 'failed' : 'completed', startSecond: 2 + index }),
      );
    }
    org.nowMs += 200_000;
    await end(aSession({ index: 901, arm: 'stable', startSecond: 190 }));
    expect(org.head.candidate).toBeUndefined();
  });

  test('leaves a sound candidate alone', async () => {
    for (let index = 0; index < 120; index += 1)
      await end(aSession({ index, arm: index % 4 === 0 ? 'candidate' : 'stable', startSecond: 1 + index }));
    expect(org.head.candidate?.weightPercent).toBe(25);
    expect(await org.promotions.decisions(promotion('p'))).toEqual([]);
  });

  test('skips what is no session, and a record that cannot be read', async () => {
    await handle(eventOf({ pk: 'TICKET#1', sk: 'USED' }, { pk: 'SESSION#1', sk: 'RECORD', nonsense: true }));
    expect(org.events).toEqual(['record-unreadable']);
    expect(org.head.candidate).toBeDefined();
  });

  test('hands ended calls of stable to its breaker, and no others', async () => {
    await end(aSession({ index: 1, arm: 'stable', open: true }));
    await end(aSession({ index: 2, arm: 'candidate' }));
    expect(watched).toBe(0);
    await end(aSession({ index: 3, arm: 'stable' }));
    expect(watched).toBe(1);
  });
});

describe('sets of one batch', () => {
  const callOf = (name: string): SessionRecord => {
    const session = aSession({ index: 1, arm: 'candidate' });
    return { ...session, assignment: { ...session.assignment, service: ServiceName.parse(name) } };
  };
  /** Routes to judges that do as they are told per service, and remembers whom they judged. */
  const setUp = async (does: Partial<Record<string, () => Promise<'not-decided'>>>) => {
    const org = new FakeOrg();
    await org.startCanary();
    const { head } = org;
    const clock = new ManualClock();
    const judged: { readonly service: string; readonly changes: number }[] = [];
    const route = routeOutcomes({
      heads: { read: async (service) => ({ ...head, service }) },
      judgeCandidate: async ({ service }, _candidate, changes) => {
        judged.push({ service, changes: changes.length });
        return (await does[service]?.()) ?? 'not-decided';
      },
      watchHoldback: async () => undefined,
      clock,
      log: org.log,
    });
    return { org, clock, judged, route, does };
  };
  const never = () => new Promise<never>(() => undefined);
  const services = ['svc-a', 'svc-b', 'svc-c', 'svc-d', 'svc-e'];

  test('are judged beside each other: five cold ones take as long as the slowest', async () => {
    const clock = new ManualClock();
    const cold = () => new Promise<'not-decided'>((resolve) => clock.after(5_000, () => resolve('not-decided')));
    const world = await setUp(Object.fromEntries(services.map((name) => [name, cold])));
    let isOver = false;
    const routed = world.route(services.map(callOf)).then(() => (isOver = true));
    await clock.advance(4_999);
    expect(isOver).toBe(false);
    await clock.advance(1);
    await routed;
    expect(world.judged.map(({ service }) => service)).toEqual(services);
  });

  test('do not wait for one that hangs, which is judged again with the next outcomes', async () => {
    const { clock, judged, route, does, org } = await setUp({ 'svc-b': never });
    const routed = route(services.map(callOf));
    await clock.advance(10_000);
    await routed;
    expect(judged).toHaveLength(5);
    expect(org.logged.at(-1)).toMatchObject({ event: 'set-not-judged', fields: { version_set: 'svc-b/release' } });
    delete does['svc-b'];
    await route([callOf('svc-a')]);
    expect(judged.slice(5)).toEqual([
      { service: 'svc-b', changes: 0 },
      { service: 'svc-a', changes: 1 },
    ]);
    await route([callOf('svc-a')]);
    expect(judged).toHaveLength(8);
  });

  test('lose nothing by one that fails, and the batch comes again when all of it failed', async () => {
    const failing = () => Promise.reject(new Error('throttled'));
    const { judged, route } = await setUp({ 'svc-b': failing });
    await route([callOf('svc-a'), callOf('svc-b')]);
    expect(judged).toHaveLength(2);
    await expect(route([callOf('svc-b'), callOf('svc-b')])).rejects.toThrow('throttled');
    expect(judged.at(-1)).toEqual({ service: 'svc-b', changes: 2 });
  });
});
