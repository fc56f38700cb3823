import { beforeEach, describe, expect, test } from 'vitest';
import { decisionKey } from '#core/promotion/promotion-store.ts';
import { AlarmEvent } from '#core/promotion/alarm-notice.ts';
import { judge } from '#operations/canary/judge.ts';
import { answerAlarms } from '#operations/canary/answer-alarms.ts';
import { promotion, release } from '../../core/version-set/build.ts';
import { FakeOrg, aSession, startMs } from '../fake-org.ts';

const cloudWatchTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '+0000');

interface AlarmOptions {
  readonly name?: string;
  readonly value?: string;
  /** Seconds after the start of the canary. */
  readonly atSecond?: number;
  readonly datapointSeconds?: readonly number[];
}

const direct = ({
  name = 'lastgood-appointments-candidate-worse',
  value = 'ALARM',
  atSecond = 60,
  datapointSeconds = [atSecond - 20, atSecond - 10],
}: AlarmOptions = {}) =>
  AlarmEvent.parse({
    source: 'aws.cloudwatch',
    alarmArn: `arn:aws:cloudwatch:eu-central-1:123456789012:alarm:${name}`,
    alarmData: {
      alarmName: name,
      state: {
        value,
        timestamp: cloudWatchTime(startMs + atSecond * 1_000),
        reason: 'Threshold Crossed',
        reasonData: JSON.stringify({
          version: '1.0',
          threshold: 2,
          evaluatedDatapoints: datapointSeconds.map((second) => ({
            timestamp: cloudWatchTime(startMs + second * 1_000),
            value: 30,
          })),
        }),
      },
    },
  });

const throughTopic = (atSecond = 60) =>
  AlarmEvent.parse({
    Records: [
      {
        Sns: {
          Message: JSON.stringify({
            AlarmName: 'lastgood-appointments-candidate-worse',
            NewStateValue: 'ALARM',
            NewStateReason: 'Threshold Crossed',
            StateChangeTime: cloudWatchTime(startMs + atSecond * 1_000),
          }),
        },
      },
    ],
  });

describe('the alarm path', () => {
  let org: FakeOrg;
  const answer = (event: AlarmEvent) =>
    answerAlarms({
      ...org.pagePorts(),
      heads: org.heads,
      evidence: org.evidence,
      calls: org.judgePorts().calls,
      judge: judge(org.judgePorts()),
      promotions: org.promotions,
      services: org.services,
      log: org.log,
    })(event);
  beforeEach(async () => {
    org = new FakeOrg();
    await org.startCanary();
    org.nowMs += 62_000;
  });

  test.each([
    ['directly', direct()],
    ['through its topic', throughTopic()],
    ['for a silent candidate', direct({ name: 'lastgood-appointments-candidate-silent' })],
  ])('flips when the alarm comes %s', async (_route, event) => {
    expect(await answer(event)).toEqual({ flipped: 1, discarded: 0 });
    expect(org.head).toMatchObject({ stable: release('a'), lastPromotion: { outcome: 'aborted' } });
    expect(org.head.lastTransition.by).toMatch(/^alarm:lastgood-appointments-candidate-/);
    expect(org.quarantined.has(release('b'))).toBe(true);
    expect(org.pages).toHaveLength(1);
  });

  test('flips once when both routes tell it', async () => {
    await answer(direct());
    const { revision } = org.head;
    expect(await answer(throughTopic())).toEqual({ flipped: 0, discarded: 1 });
    expect(org.head.revision).toBe(revision);
    expect(org.pages).toHaveLength(1);
  });

  test('leaves a decision that history points to', async () => {
    await answer(direct());
    const [decision] = await org.promotions.decisions(promotion('p'));
    expect(decision).toMatchObject({ verdict: 'abort', record: { alarm: 'lastgood-appointments-candidate-worse' } });
    expect(org.head.lastTransition.evidence).toBe(decisionKey(promotion('p'), decision!.number));
  });

  test.each([
    ['is OK again', direct({ value: 'OK' })],
    ['changed before the canary started', direct({ atSecond: -5 })],
    ['judged datapoints from before the canary', direct({ atSecond: 5, datapointSeconds: [-40, -30] })],
    ['belongs to no service of this org', direct({ name: 'lastgood-billing-candidate-worse' })],
    ['is another alarm of ours', direct({ name: 'lastgood-appointments-error-floor' })],
  ])('discards and logs an alarm that %s', async (_why, event) => {
    expect((await answer(event)).flipped).toBe(0);
    expect(org.head.candidate).toBeDefined();
    expect(org.events).toEqual(['alarm-discarded']);
    expect(org.pages).toEqual([]);
  });

  test('discards an alarm that comes out of a stuck queue', async () => {
    org.nowMs += 700_000;
    expect((await answer(direct())).flipped).toBe(0);
  });

  test('discards an alarm for a promotion that is over, and touches the one that runs now in no way', async () => {
    await org.move({ kind: 'abort', promotionId: promotion('p'), reason: 'by hand' });
    const { revision } = org.head;
    expect(await answer(direct())).toEqual({ flipped: 0, discarded: 1 });
    expect(org.head.revision).toBe(revision);
  });

  /** Calls that ended in the last minute: `failed` of `count`. */
  const ended = (arm: 'stable' | 'candidate', failed: number, count: number, promotionName = 'p'): void => {
    for (let at = 0; at < count; at += 1) {
      org.sessions.push(
        aSession({
          index: org.sessions.length,
          arm,
          outcome: at < failed ? 'failed' : 'completed',
          startSecond: 10 + at,
          promotionName,
        }),
      );
    }
  };

  test('discards an alarm about late calls of an earlier candidate, though this one has had no call yet', async () => {
    ended('candidate', 20, 25, 'earlier');
    ended('stable', 1, 20);
    expect((await answer(direct())).flipped).toBe(0);
    expect(JSON.stringify(org.logged)).toContain('none of its calls has ended');
  });

  test.each([
    ['is no worse than stable', 2, 20, 6, 30, 0],
    ['is worse than stable', 6, 20, 1, 30, 1],
    ['looks worse by no more than chance, over the margin of the alarm', 3, 25, 1, 30, 0],
  ])('asks the records whether this candidate %s', async (_case, failed, of, stableFailed, stableOf, flipped) => {
    ended('candidate', failed, of);
    ended('stable', stableFailed, stableOf);
    expect((await answer(direct())).flipped).toBe(flipped);
  });

  test('flips without records of anybody: what is missing contradicts nothing', async () => {
    expect((await answer(direct())).flipped).toBe(1);
  });

  test.each([
    ['takes no calls', 0, 1],
    ['took calls lately', 2, 0],
  ])('asks the records whether a silent candidate %s', async (_case, calls, flipped) => {
    ended('stable', 0, 20);
    ended('candidate', 0, calls);
    expect((await answer(direct({ name: 'lastgood-appointments-candidate-silent' }))).flipped).toBe(flipped);
  });

  test('flips when the records cannot be read', async () => {
    org.sessionsError = new Error('the index is gone');
    expect((await answer(direct())).flipped).toBe(1);
    expect(org.events).toContain('records-unreadable');
  });

  test('flips though the page cannot be sent', async () => {
    org.pagerError = new Error('the topic is gone');
    expect((await answer(direct())).flipped).toBe(1);
    expect(org.events).toContain('page-failed');
  });
});
