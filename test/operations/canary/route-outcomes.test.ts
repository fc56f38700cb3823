import { marshall } from '@aws-sdk/util-dynamodb';
import { beforeEach, describe, expect, test } from 'vitest';
import { type SessionStreamEvent, sessionsOfChanges } from '#aws/session-stream.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import { judgeCandidate } from '#operations/canary/judge-candidate.ts';
import { judge } from '#operations/canary/judge.ts';
import { routeOutcomes } from '#operations/canary/route-outcomes.ts';
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
        ...org.pagePorts(),
        heads: org.heads,
        evidence: org.evidence,
        judge: judge(org.judgePorts()),
        promotions: org.promotions,
        services: org.services,
        log: org.log,
        by: 'lambda:weigh-outcome',
      }),
      watchStable: () => {
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

  test('flips though the page cannot be sent, and leaves the page to the workflow', async () => {
    org.pagerError = new Error('the topic is gone');
    await untilFlip();
    expect(org.head.candidate).toBeUndefined();
    expect(org.events).toContain('page-failed');
    expect(org.pages).toEqual([]);
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
