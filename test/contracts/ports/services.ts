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
