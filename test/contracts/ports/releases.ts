import { describe, expect, test } from 'vitest';
import type { ReleaseId } from '#core/words/digest.ts';
import type { ServiceName } from '#core/words/names.ts';
import { at, promotion, release } from '../../core/version-set/build.ts';
import { registrationOf } from '../registration.ts';
import { answersOf, newService, type Opened, sixteen } from './ports-under-test.ts';

const by = 'test';

/** The registry of releases, and what is known about them. */
export const releasesContract = (opened: Opened): void => {
  const publish = async (service: ServiceName, version: string, second = 1): Promise<ReleaseId> =>
    (await opened().releases.register(registrationOf(service, version, at(second)))).release.releaseId;

  describe('the release registry', () => {
    test('registers a release once; the same again changes nothing (R4)', async () => {
      const { releases } = opened();
      const registration = registrationOf(newService(), '1.0', at(1));
      expect((await releases.register(registration)).isNew).toBe(true);
      const again = await releases.register({ ...registration, publishedAt: at(99), publishedBy: 'other' });
      expect(again.isNew).toBe(false);
      expect(again.release).toMatchObject({ publishedAt: at(1), publishedBy: by, version: '1.0' });
      expect(await releases.get(registration.releaseId)).toEqual(again.release);
      expect(await releases.manifestText(registration.releaseId)).toBe(registration.manifest);
    });

    test('refuses a taken version with another id, naming both (R4)', async () => {
      const { releases } = opened();
      const service = newService();
      await releases.register(registrationOf(service, '1.0'));
      const other = registrationOf(service, '1.0', at(2), 'another bundle');
      await expect(releases.register(other)).rejects.toMatchObject({ code: 'version-taken' });
      expect(await releases.get(other.releaseId)).toBeUndefined();
      await expect(releases.manifestText(other.releaseId)).rejects.toMatchObject({ code: 'not-found' });
    });

    test('refuses a manifest that is not what the id says', async () => {
      const registration = registrationOf(newService(), '1.0');
      const manifest = registration.manifest.replace('"1.0"', '"1.1"');
      await expect(opened().releases.register({ ...registration, manifest })).rejects.toMatchObject({
        code: 'digest-mismatch',
      });
    });

    test('one of 16 racing publishers of a version wins, the others learn who', async () => {
      const { releases } = opened();
      const service = newService();
      const results = await sixteen((n) => releases.register(registrationOf(service, '1.0', at(n), `code ${n}`)));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await releases.list(service)).toHaveLength(1);
    });

    test('of 16 who publish the same release one is the first', async () => {
      const { releases } = opened();
      const registration = registrationOf(newService(), '1.0');
      const answers = answersOf(await sixteen((n) => releases.register({ ...registration, publishedBy: `ci ${n}` })));
      expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
    });

    test('resolves labels, ids and beginnings of ids, and lists newest first', async () => {
      const { releases } = opened();
      const service = newService();
      const first = await publish(service, '1.9', 1);
      const second = await publish(service, '1.10', 2);
      expect((await releases.list(service)).map(({ version }) => version)).toEqual(['1.10', '1.9']);
      expect((await releases.list(service, 1)).map(({ version }) => version)).toEqual(['1.10']);
      for (const name of ['1.9', first, first.slice(0, 8)])
        expect((await releases.resolve(service, name)).releaseId).toBe(first);
      expect((await releases.resolve(service, '1.10')).releaseId).toBe(second);
      await expect(releases.resolve(service, '2.0')).rejects.toMatchObject({
        code: 'unknown-name',
        message: expect.stringContaining('1.10'),
      });
      await expect(releases.resolve(newService(), first)).rejects.toMatchObject({ code: 'unknown-name' });
    });
  });

  describe('evidence', () => {
    test('quarantine, override and a second quarantine are each told once (R9)', async () => {
      const { evidence, releases } = opened();
      const id = await publish(newService(), '1.0');
      const bar = (name: string, second: number) =>
        evidence.quarantine(id, { reason: 'worse', promotionId: promotion(name), at: at(second), by });
      expect(await releases.standing(id)).toBe('registered');
      expect([await bar('p', 1), await bar('p', 2), await bar('q', 3)]).toEqual([true, false, false]);
      expect(await releases.standing(id)).toBe('quarantined');
      await evidence.override(id, { at: at(4), by: 'lead', reason: 'false alarm' });
      expect(await releases.standing(id)).toBe('registered');
      expect(await evidence.quarantineOf(id)).toMatchObject({ overriddenBy: 'lead', overrideReason: 'false alarm' });
      expect([await bar('p', 5), await bar('q', 4)]).toEqual([false, false]);
      expect(await bar('q', 6)).toBe(true);
      const barred = { reason: 'worse', promotionId: promotion('q'), at: at(6), by };
      expect(await evidence.quarantineOf(id)).toEqual(barred);
      expect(await evidence.list(id, 'override')).toMatchObject([{ by: 'lead', summary: 'false alarm' }]);
    });

    test('a quarantine by hand names no promotion, and comes again after every override', async () => {
      const { evidence } = opened();
      const id = release(newService());
      const bar = (second: number) => evidence.quarantine(id, { reason: 'by hand', at: at(second), by });
      expect([await bar(1), await bar(2)]).toEqual([true, false]);
      await evidence.override(id, { at: at(3), by: 'lead', reason: 'fine' });
      expect(await bar(4)).toBe(true);
      expect(await evidence.quarantineOf(id)).toEqual({ reason: 'by hand', at: at(4), by });
    });

    test('what is not quarantined cannot be overridden', async () => {
      const id = release(newService());
      const lift = opened().evidence.override(id, { at: at(1), by: 'lead', reason: 'x' });
      await expect(lift).rejects.toMatchObject({ code: 'not-found' });
      expect(await opened().releases.standing(id)).toBe('unknown');
    });

    test('of 16 who bar the same release one does', async () => {
      const id = release(newService());
      const bars = await sixteen((n) => opened().evidence.quarantine(id, { reason: `no ${n}`, at: at(n), by }));
      expect(answersOf(bars).filter(Boolean)).toHaveLength(1);
    });

    test('is attached once, never changes, and is listed by kind', async () => {
      const { evidence } = opened();
      const id = release(newService());
      const report = { kind: 'evals', id: 'suite-1', at: at(1), by, passed: true, summary: '5 of 5', report: { n: 5 } };
      expect(await evidence.attach(id, report)).toBe(true);
      expect(await evidence.attach(id, { ...report, passed: false })).toBe(false);
      expect(await evidence.attach(id, { ...report, kind: 'approval' })).toBe(true);
      expect(await evidence.list(id, 'evals')).toEqual([report]);
      expect((await evidence.list(id)).map(({ kind }) => kind)).toEqual(['approval', 'evals']);
    });

    test('that is not well-formed, or larger than an item, is refused', async () => {
      const { evidence } = opened();
      const id = release(newService());
      const report = { kind: 'evals', id: 'suite-1', at: at(1), by, passed: true, summary: '', report: {} };
      for (const wrong of [{ kind: 'Evals!' }, { summary: 'x'.repeat(501) }])
        await expect(evidence.attach(id, { ...report, ...wrong })).rejects.toMatchObject({ code: 'invalid-input' });
      const large = evidence.attach(id, { ...report, report: 'x'.repeat(420_000) });
      await expect(large).rejects.toMatchObject({ code: 'aws-failed', retryable: false });
      expect(await evidence.list(id)).toEqual([]);
    });
  });
};
