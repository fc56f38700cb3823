import { describe, expect, test } from 'vitest';
import { alarmNames } from '#core/org/resource-names.ts';
import { newService, type Opened } from './ports-under-test.ts';

/** What tells people and machines: pages, alarms, metrics; and the keys that sign. */
export const servicesContract = (opened: Opened): void => {
  describe('pages', () => {
    test('each page has an id of its own, and one that is too long is cut, not refused', async () => {
      const { pager } = opened();
      const first = await pager.send({ subject: 'a page', body: 'what happened' });
      const long = await pager.send({ subject: 'Grüße\n'.repeat(50), body: 'é'.repeat(200_000) });
      expect(first).not.toBe('');
      expect(long).not.toBe(first);
    });

    test('what was sent is known by subject and kind', async () => {
      const { pageLog } = opened();
      const subject = String(newService());
      expect(await pageLog.wasSent(subject, 'aborted')).toBe(false);
      await pageLog.markSent(subject, 'aborted');
      await pageLog.markSent(subject, 'aborted');
      expect(await pageLog.wasSent(subject, 'aborted')).toBe(true);
      expect(await pageLog.wasSent(subject, 'promoted')).toBe(false);
    });
  });

  describe('episodes', () => {
    const minutesAgo = (minutes: number): string => new Date(opened().now() - minutes * 60_000).toISOString();
    const daysAgo = (days: number): string => minutesAgo(days * 1_440);

    test('one that is open stays as it is, whoever opens it again, until it is closed', async () => {
      const { pageLog } = opened();
      const subject = String(newService());
      const [first, second] = [minutesAgo(10), minutesAgo(5)];
      expect(await pageLog.openSince(subject, 'unhealthy')).toBeUndefined();
      await pageLog.open(subject, 'unhealthy', first);
      await pageLog.open(subject, 'unhealthy', second);
      expect(await pageLog.openSince(subject, 'unhealthy')).toBe(first);
      expect(await pageLog.openSince(subject, 'other')).toBeUndefined();
      await pageLog.close(subject, 'unhealthy', second);
      expect(await pageLog.openSince(subject, 'unhealthy')).toBe(first);
      await pageLog.close(subject, 'unhealthy', first);
      expect(await pageLog.openSince(subject, 'unhealthy')).toBeUndefined();
    });

    test('another begins after the end of one, and whoever closes the first late leaves it open', async () => {
      const { pageLog } = opened();
      const subject = String(newService());
      const [first, second] = [minutesAgo(10), minutesAgo(5)];
      await pageLog.open(subject, 'unhealthy', first);
      await pageLog.close(subject, 'unhealthy', first);
      await pageLog.open(subject, 'unhealthy', second);
      await pageLog.close(subject, 'unhealthy', first);
      expect(await pageLog.openSince(subject, 'unhealthy')).toBe(second);
    });

    test('one whose end nobody told is over after a week, and another may begin', async () => {
      const { pageLog } = opened();
      const subject = String(newService());
      const recent = daysAgo(6);
      await pageLog.open(subject, 'unhealthy', recent);
      expect(await pageLog.openSince(subject, 'unhealthy')).toBe(recent);
      const old = String(newService());
      await pageLog.open(old, 'unhealthy', daysAgo(8));
      expect(await pageLog.openSince(old, 'unhealthy')).toBeUndefined();
      const now = minutesAgo(0);
      await pageLog.open(old, 'unhealthy', now);
      expect(await pageLog.openSince(old, 'unhealthy')).toBe(now);
    });
  });

  describe('alarms', () => {
    test('those in ALARM are named, and one that does not exist is an error', async () => {
      const { alarms } = opened();
      const { candidateWorse, errorFloor } = alarmNames('appointments');
      expect(await alarms.inAlarm([])).toEqual([]);
      expect(await alarms.inAlarm([candidateWorse, errorFloor])).toEqual([]);
      await expect(alarms.inAlarm([candidateWorse, 'lastgood-nobody-error-floor'])).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringContaining('lastgood-nobody-error-floor'),
      });
    });
  });

  describe('metrics', () => {
    test('any number of points is published', async () => {
      const point = { name: 'PendingSessions', value: 1, dimensions: { Service: 'appointments' } };
      const points = Array.from({ length: 2_500 }, () => point);
      await opened().metrics.publish([], new Date());
      await expect(opened().metrics.publish(points, new Date())).resolves.toBeUndefined();
    });

    test('counts are added up over a time, for each set of dimensions', async () => {
      const { metrics } = opened();
      const dimensions = { Service: newService(), Arm: 'stable' };
      const nowMs = Date.now();
      const publish = (value: number, agoMs: number) =>
        metrics.publish([{ name: 'CallsRefused', value, dimensions }], new Date(nowMs - agoMs));
      await publish(2, 5_000);
      await publish(3, 65_000);
      await publish(7, 7_200_000);
      const { Service, Arm } = dimensions;
      const range = { from: new Date(nowMs - 3_600_000), to: new Date(nowMs) };
      const asked = [{ Arm, Service }, { Service, Arm: 'candidate' }, { Service }];
      expect(await metrics.sums('CallsRefused', asked, range)).toEqual([5, 0, 0]);
      expect(await metrics.sums('CallsStarted', asked, range)).toEqual([0, 0, 0]);
      expect(await metrics.sums('CallsRefused', [], range)).toEqual([]);
      const older = { from: new Date(nowMs - 10_800_000 + 60_000), to: new Date(nowMs) };
      expect(await metrics.sums('CallsRefused', [dimensions], older)).toEqual([12]);
    });
  });

  describe('keys', () => {
    test('are long enough to sign with, and stay the same', async () => {
      const { keys } = opened();
      const key = await keys.sessionKey();
      expect(key.byteLength).toBeGreaterThanOrEqual(32);
      expect(await keys.sessionKey()).toEqual(key);
      expect(await keys.telephonyAuthToken()).toMatch(/^\S+$/);
    });
  });
};
