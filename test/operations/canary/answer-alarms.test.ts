import { beforeEach, describe, expect, test } from 'vitest';
import { decisionKey } from '#core/promotion/promotion-store.ts';
import { alarmNames } from '#core/org/resource-names.ts';
import { AlarmEvent } from '#core/promotion/alarm-notice.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { answerAlarms } from '#operations/canary/answer-alarms.ts';
import { confirmSuspicion } from '#operations/canary/confirm-suspicion.ts';
import { judge } from '#operations/canary/judge.ts';
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
  let clock: ManualClock;
  const ports = () => ({
    ...org.pagePorts(),
    heads: org.heads,
    evidence: org.evidence,
    calls: org.judgePorts().calls,
    judge: judge({ ...org.judgePorts(), clock }),
    promotions: org.promotions,
    services: org.services,
    log: org.log,
    alarms: org.memory.alarms,
    clock,
  });
  /** @param seconds that pass while the function runs */
  const answer = async (event: AlarmEvent, seconds = 70) => {
    const answered = answerAlarms({ ...ports(), confirm: confirmSuspicion(ports()) })(event);
    await clock.advance(seconds * 1_000);
    return answered;
  };
  beforeEach(async () => {
    org = new FakeOrg();
    await org.startCanary();
    org.nowMs += 62_000;
    clock = new ManualClock(org.nowMs);
    for (const name of Object.values(alarmNames(org.services[0]!.name))) org.memory.alarms.set(name, 'OK');
  });

  test.each([
    ['directly', direct()],
    ['through its topic', throughTopic()],
    ['for a silent candidate', direct({ name: 'lastgood-appointments-candidate-silent' })],
  ])('flips when the alarm comes %s', async (_route, event) => {
    expect(await answer(event)).toEqual({ flipped: 1, refused: 0, discarded: 0 });
    expect(org.head).toMatchObject({ stable: release('a'), lastPromotion: { outcome: 'aborted' } });
    expect(org.head.lastTransition.by).toMatch(/^alarm:lastgood-appointments-candidate-/);
    await org.carryOut();
    expect(org.quarantined.has(release('b'))).toBe(true);
    expect(org.pages).toHaveLength(1);
  });

  test('flips once when both routes tell it', async () => {
    await answer(direct());
    const { revision } = org.head;
    expect(await answer(throughTopic())).toEqual({ flipped: 0, refused: 0, discarded: 1 });
    expect(org.head.revision).toBe(revision);
    await org.carryOut();
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
  });

  test('discards an alarm that comes out of a stuck queue', async () => {
    await clock.advance(700_000);
    expect((await answer(direct())).discarded).toBe(1);
  });

  test('discards an alarm for a promotion that is over, and touches the one that runs now in no way', async () => {
    await org.move({ kind: 'abort', promotionId: promotion('p'), reason: 'by hand' });
    const { revision } = org.head;
    expect(await answer(direct())).toEqual({ flipped: 0, refused: 0, discarded: 1 });
    expect(org.head.revision).toBe(revision);
  });

  /** Calls of ten seconds, one a second from second `from` on: the first `failed` of `count` fail. */
  const ended = (arm: 'stable' | 'candidate', failed: number, count: number, promotionName = 'p', from = 10): void => {
    for (let at = 0; at < count; at += 1) {
      org.sessions.push(
        aSession({
          index: org.sessions.length,
          arm,
          outcome: at < failed ? 'failed' : 'completed',
          startSecond: from + at,
          promotionName,
        }),
      );
    }
  };
  const calls = (): number => org.logged.filter(({ event }) => event === 'alarm-refused').length;

  test('discards an alarm that was about late calls of an earlier candidate, though this one has had no call yet', async () => {
    ended('candidate', 20, 25, 'earlier');
    ended('stable', 1, 20);
    expect(await answer(direct())).toEqual({ flipped: 0, refused: 0, discarded: 1 });
    expect(org.head.candidate).toBeDefined();
  });

  test.each([
    ['is no worse than stable', 2, 20, 6, 30, 0],
    ['is worse than stable', 12, 20, 1, 30, 1],
    ['looks worse by no more than chance, over the margin of the alarm', 3, 25, 1, 30, 0],
  ])('asks the judge whether this candidate %s', async (_case, failed, of, stableFailed, stableOf, flipped) => {
    ended('candidate', failed, of);
    ended('stable', stableFailed, stableOf);
    expect(await answer(direct())).toEqual({ flipped, refused: 1 - flipped, discarded: 0 });
  });

  test('asks the judge again for a while, as calls come in', async () => {
    ended('candidate', 3, 3);
    ended('stable', 0, 30);
    const answered = answer(direct(), 15);
    ended('candidate', 9, 9, 'p', 40);
    const seen = await answered;
    expect(seen).toEqual({ flipped: 1, refused: 0, discarded: 0 });
    expect(org.head.lastTransition.reason).toContain('candidate fails');
    expect(calls()).toBe(0);
  });

  test('lets go of an alarm whose canary ended while it was looking', async () => {
    ended('candidate', 3, 20);
    ended('stable', 1, 30);
    const answered = answer(direct());
    await org.move({ kind: 'abort', promotionId: promotion('p'), reason: 'by hand' });
    expect(await answered).toEqual({ flipped: 0, refused: 0, discarded: 1 });
  });

  test('flips without records of anybody: what is missing contradicts nothing', async () => {
    expect((await answer(direct())).flipped).toBe(1);
  });

  test('flips when the candidate has no records to the end of its first two minutes, and the alarm is still on', async () => {
    ended('stable', 1, 20);
    org.memory.alarms.set(alarmNames('appointments').candidateWorse, 'ALARM');
    expect(await answer(direct())).toEqual({ flipped: 1, refused: 0, discarded: 0 });
  });

  test('flips when the candidate has no records and nobody can say whether the alarm is still on', async () => {
    ended('stable', 1, 20);
    const alarms = { inAlarm: () => Promise.reject(new Error('CloudWatch is gone')) };
    const answered = answerAlarms({ ...ports(), alarms, confirm: confirmSuspicion(ports()) })(direct());
    await clock.advance(70_000);
    expect((await answered).flipped).toBe(1);
    expect(org.events).toContain('alarm-unreadable');
  });

  test('flips when calls of the candidate leave no record though those of stable do', async () => {
    ended('stable', 0, 60);
    await clock.advance(70_000);
    expect((await answer(direct({ atSecond: 130 }))).flipped).toBe(1);
  });

  test.each([
    ['takes no calls', 0, 1],
    ['took calls lately', 2, 0],
  ])('asks the records whether a silent candidate %s', async (_case, calls, flipped) => {
    ended('stable', 0, 20);
    ended('candidate', 0, calls);
    expect((await answer(direct({ name: 'lastgood-appointments-candidate-silent' }))).flipped).toBe(flipped);
  });

  test.each([
    ['for a candidate that is worse', 'candidate-worse', 'judge-cannot-answer'],
    ['for a silent candidate', 'candidate-silent', 'records-unreadable'],
  ])('flips when the records cannot be read, %s', async (_case, kind, logged) => {
    org.sessionsError = new Error('the index is gone');
    expect((await answer(direct({ name: `lastgood-appointments-${kind}` }))).flipped).toBe(1);
    expect(org.events).toContain(logged);
  });

  test('flips when the judge does not answer within five seconds', async () => {
    const confirm = confirmSuspicion({
      ...ports(),
      promotions: { get: () => new Promise(() => undefined) },
    });
    const answered = answerAlarms({ ...ports(), confirm })(direct());
    await clock.advance(4_900);
    expect(org.head.candidate).toBeDefined();
    await clock.advance(200);
    expect((await answered).flipped).toBe(1);
  });

  describe('on its schedule', () => {
    const schedule = AlarmEvent.parse({ source: 'aws.events', 'detail-type': 'Scheduled Event' });
    const { candidateWorse } = alarmNames('appointments');

    test('answers an alarm that is still on', async () => {
      ended('candidate', 12, 20);
      ended('stable', 1, 30);
      org.memory.alarms.set(candidateWorse, 'ALARM');
      expect(await answer(schedule)).toEqual({ flipped: 1, refused: 0, discarded: 0 });
      expect(org.head.lastTransition.by).toBe(`alarm:${candidateWorse}`);
    });

    test('does nothing while no alarm is on, and asks for none without a canary', async () => {
      expect(await answer(schedule)).toEqual({ flipped: 0, refused: 0, discarded: 0 });
      await org.move({ kind: 'abort', promotionId: promotion('p'), reason: 'by hand' });
      const alarms = { inAlarm: () => Promise.reject(new Error('CloudWatch was asked')) };
      const asked = answerAlarms({ ...ports(), alarms, confirm: confirmSuspicion(ports()) })(schedule);
      expect(await asked).toEqual({ flipped: 0, refused: 0, discarded: 0 });
    });

    test('invariant 12: alarms that are not there are an error', async () => {
      const alarms = { inAlarm: (names: readonly string[]) => org.memory.alarms.inAlarm([...names, 'nobody']) };
      const asked = answerAlarms({ ...ports(), alarms, confirm: confirmSuspicion(ports()) })(schedule);
      await expect(asked).rejects.toMatchObject({ code: 'not-found' });
    });
  });
});
