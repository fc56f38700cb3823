import { beforeEach, describe, expect, test } from 'vitest';
import { LastgoodError } from '#core/errors.ts';
import type { Command } from '#core/version-set/command.ts';
import { carryOut } from '#operations/outbox/carry-out.ts';
import { carryOutMoved } from '#operations/outbox/carry-out-moved.ts';
import { sweepOutbox } from '#operations/outbox/sweep-outbox.ts';
import { pageUnhealthy } from '#operations/paging/page-unhealthy.ts';
import { productionSet, promotion, release, rollBack, service } from '../../core/version-set/build.ts';
import { aPromotion, FakeOrg } from '../fake-org.ts';

const abortBadly: Command = { kind: 'abort', promotionId: promotion('p'), reason: 'fails more', quarantine: true };

describe('carrying out what follows', () => {
  let org: FakeOrg;
  const subjects = () => org.pages.map(({ subject }) => subject.replace('[acme-test] appointments ', ''));
  const settled = () => org.memory.headItems.settled(service, productionSet);
  beforeEach(async () => {
    org = new FakeOrg();
    await org.startCanary();
  });

  test('bars the release, ends the promotion and tells people, with the words of the transition', async () => {
    await org.move(abortBadly);
    const { at } = org.head.lastTransition;
    org.nowMs += 3_600_000;
    await org.carryOut();
    expect(await org.evidence.quarantineOf(release('b'))).toEqual({
      reason: 'fails more',
      promotionId: promotion('p'),
      at,
      by: 'test',
    });
    expect((await org.promotions.get(promotion('p')))?.end).toEqual({
      outcome: 'aborted',
      reason: 'fails more',
      by: 'test',
      endedAt: at,
    });
    expect(subjects()).toEqual(['1.1 aborted on release']);
    expect(org.pages[0]?.body).toContain('is quarantined');
    expect(await settled()).toBe(org.head.revision);
  });

  test('does nothing a second time', async () => {
    await org.move(abortBadly);
    expect(await org.carryOut()).toBe(3);
    expect(await org.carryOut()).toBe(0);
    expect(org.pages).toHaveLength(1);
  });

  test('carries out every entry when several moves came before it, in their order', async () => {
    await org.move(
      abortBadly,
      { kind: 'freeze', reason: 'look' },
      { kind: 'unfreeze', reason: 'seen' },
      {
        kind: 'start-canary',
        promotionId: promotion('q'),
        release: release('c'),
        weightPercent: 5,
        seenRevision: 5,
        exposureUntil: new Date(org.nowMs + 300_000).toISOString(),
        reason: 'another',
      },
    );
    const input = aPromotion({ promotionId: promotion('q'), release: release('c') });
    await org.promotions.record({ input, executionArn: 'arn', startedAt: org.now().toISOString() });
    await org.move({ kind: 'roll-back', reason: 'by hand' });
    await org.carryOut();
    expect(subjects()).toEqual(['1.1 aborted on release', '1.1 aborted on release']);
    expect(org.pages.map(({ body }) => body.split('\n')[1])).toEqual(['fails more', 'by hand']);
    expect([...org.quarantined.keys()]).toEqual([release('b')]);
  });

  test('leaves a quarantine lifted that was lifted after the entry', async () => {
    await org.move(abortBadly);
    await org.carryOut();
    org.nowMs += 1_000;
    await org.evidence.override(release('b'), { at: org.now().toISOString(), by: 'jo', reason: 'false alarm' });
    await org.memory.headItems.marks.remove(`${service}#${productionSet}`);
    org.nowMs += 1_000;
    expect(await org.carryOut()).toBe(3);
    expect(await org.heads.standing(service, release('b'))).toBe('registered');
    expect(org.pages).toHaveLength(1);
  });

  test('ends the episode of a stable that callers have left, on the page of the roll-back', async () => {
    await org.move({
      kind: 'promote',
      promotionId: promotion('p'),
      reason: 'no worse',
      evidence: { verdict: 'promote', decision: 'd', decidedAt: org.now().toISOString() },
    });
    await org.carryOut();
    await pageUnhealthy(org.pagePorts())({ service, set: productionSet, reason: '21 %', release: release('b') });
    await org.move(rollBack('b', { quarantine: true }));
    await org.carryOut();
    expect(subjects().slice(1)).toEqual(['unknown is unhealthy on release', 'unknown rolled back on release']);
    expect(org.pages[2]?.body).toContain('is quarantined');
    await org.move({ kind: 'freeze', reason: 'x' });
    await pageUnhealthy(org.pagePorts())({ service, set: productionSet, reason: '30 %', release: release('b') });
    expect(org.pages).toHaveLength(4);
  });

  test('sends a bare page when what belongs on it cannot be read', async () => {
    await org.memory.promotions.records.remove(promotion('p'));
    await org.move(abortBadly);
    await org.carryOut();
    expect(subjects()).toEqual(['abort on release']);
    expect(org.pages[0]?.body).toMatch(/fails more[^]*is not recorded/);
    expect(await settled()).toBe(org.head.revision);
  });

  test('bars and ends all that waits though no page can be sent, and sends every page later', async () => {
    await org.move(abortBadly);
    org.pagerError = new LastgoodError('aws-failed', 'the topic is gone');
    await expect(org.carryOut()).rejects.toThrow('the topic is gone');
    expect([...org.quarantined.keys()]).toEqual([release('b')]);
    expect((await org.promotions.get(promotion('p')))?.end?.outcome).toBe('aborted');
    expect(await settled()).toBe(0);
    org.pagerError = undefined;
    await org.carryOut();
    expect(subjects()).toEqual(['1.1 aborted on release']);
  });

  test('of a set that fails holds back no other set', async () => {
    org.pagerError = new LastgoodError('aws-failed', 'the topic is gone');
    await org.move(abortBadly);
    const preview = { service, set: org.otherSet };
    await org.heads.apply(
      service,
      org.otherSet,
      { kind: 'initialize', release: release('a'), reason: 'x' },
      { by: 'test' },
    );
    const failed = await carryOutMoved(org.pagePorts())([{ service, set: productionSet }, preview]);
    expect(failed).toEqual([{ service, set: productionSet }]);
    expect(await org.memory.headItems.settled(service, org.otherSet)).toBe(1);
  });
});

describe('the look at every set', () => {
  let org: FakeOrg;
  const sweep = () => sweepOutbox({ ...org.pagePorts(), services: org.services, metrics: org.memory.metrics })();
  const ages = () => org.memory.metrics.points.map(({ name, value }) => [name, value]);
  beforeEach(async () => {
    org = new FakeOrg();
    await org.startCanary();
    await org.move(abortBadly);
  });

  test('carries out what the stream lost, and says that nothing waits', async () => {
    expect(await sweep()).toEqual({ oldestSeconds: 0 });
    expect(org.pages).toHaveLength(1);
    expect(ages()).toEqual([['OutboxAgeSeconds', 0]]);
  });

  test('publishes the age of the oldest entry that cannot be carried out, and fails', async () => {
    await org.carryOut();
    org.nowMs += 30_000;
    await org.move(
      {
        kind: 'start-canary',
        promotionId: promotion('q'),
        release: release('c'),
        weightPercent: 5,
        seenRevision: 3,
        exposureUntil: new Date(org.nowMs + 300_000).toISOString(),
        reason: 'another',
      },
      { kind: 'roll-back', reason: 'by hand' },
    );
    org.pagerError = new LastgoodError('aws-failed', 'the topic is gone');
    org.nowMs += 90_000;
    await expect(sweep()).rejects.toThrow('the topic is gone');
    expect(ages()).toEqual([['OutboxAgeSeconds', 90]]);
  });
});

describe('a crash between any two writes', () => {
  class Crash extends Error {}

  /** What stands in the end, when the consumer dies at its `at`-th write (before or after it) and is called until it is done. */
  const endAfterCrash = async (at: number, moment: 'before' | 'after') => {
    const org = new FakeOrg();
    await org.startCanary();
    await org.move(abortBadly, { kind: 'freeze', reason: 'look' }, { kind: 'unfreeze', reason: 'seen' });
    let writes = 0;
    org.onWrite = (when) => {
      if (when === 'before') writes += 1;
      if (writes === at && when === moment) throw new Crash();
    };
    const failed = await org.carryOut().then(
      () => false,
      (error: unknown) => {
        if (!(error instanceof Crash)) throw error;
        return true;
      },
    );
    org.onWrite = undefined;
    await carryOut(org.pagePorts())(service, productionSet);
    return {
      failed,
      writes,
      pages: org.pages.length,
      state: {
        quarantine: await org.evidence.quarantineOf(release('b')),
        end: (await org.promotions.get(promotion('p')))?.end,
        settled: await org.memory.headItems.settled(service, productionSet),
        told: await org.memory.pageLog.wasSent(promotion('p'), 'aborted'),
      },
    };
  };

  test('is repaired by the next call: everything is done, and people are told at least once and at most twice', async () => {
    const whole = await endAfterCrash(0, 'before');
    expect(whole).toMatchObject({ failed: false, pages: 1, state: { settled: 5, told: true } });
    expect(whole.writes).toBe(6);
    for (const moment of ['before', 'after'] as const) {
      for (let at = 1; at <= whole.writes; at += 1) {
        const end = await endAfterCrash(at, moment);
        expect(end.failed).toBe(true);
        expect(end.state).toEqual(whole.state);
        expect(end.pages).toBeGreaterThanOrEqual(1);
        expect(end.pages).toBeLessThanOrEqual(2);
      }
    }
  });
});
