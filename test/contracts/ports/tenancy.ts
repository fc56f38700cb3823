import { describe, expect, test } from 'vitest';
import { Overlay } from '#core/overlay/overlay.ts';
import { CustomerId, ServiceName } from '#core/words/names.ts';
import { at } from '../../core/version-set/build.ts';
import { allOf, type Opened, sixteen } from './ports-under-test.ts';

const service = ServiceName.parse('appointments');

const write = (voice: string, seenVersion: number) => ({
  overlay: Overlay.parse({ schemaVersion: 1, voice }),
  seenVersion,
  at: at(seenVersion),
  by: 'clinic admin',
  reason: 'new voice',
});

export const tenancyContract = (opened: Opened): void => {
  const customer = (name: string) => opened().tenancy.forCustomer(CustomerId.parse(name));

  describe('tenancy', () => {
    test('invariant 9: what one customer wrote is not reachable with the other one’s context', async () => {
      const [one, other] = [customer('clinic-a'), customer('clinic-b')];
      await one.putProfile({ displayName: 'Clinic A', createdAt: at(1) });
      await one.writeOverlay(service, write('amber', 0));
      expect(await one.profile()).toEqual({ customerId: 'clinic-a', displayName: 'Clinic A', createdAt: at(1) });
      expect(await other.profile()).toBeUndefined();
      expect(await other.overlay(service)).toBeUndefined();
      expect(await other.overlayVersions(service)).toEqual([]);
      expect(Object.keys(one)).not.toContain('forCustomer');
    });

    test('invariant 9: an item that names another customer than its key is never returned', async () => {
      const overlay = await customer('clinic-c').writeOverlay(service, write('amber', 0));
      await opened().doors.plantOverlay(CustomerId.parse('clinic-d'), overlay);
      await expect(customer('clinic-d').overlay(service)).rejects.toMatchObject({ code: 'internal' });
      await expect(customer('clinic-d').overlayVersions(service)).rejects.toThrow(/names another/);
    });

    test('overlays have versions without gaps, and the same overlay again makes none', async () => {
      const clinic = customer('clinic-e');
      await clinic.writeOverlay(service, write('amber', 0));
      await clinic.writeOverlay(service, write('cedar', 1));
      await clinic.writeOverlay(service, write('cedar', 2));
      await clinic.writeOverlay(service, write('amber', 2));
      const versions = await clinic.overlayVersions(service);
      expect(versions.map(({ version, overlay: { voice } }) => [version, voice])).toEqual([
        [3, 'amber'],
        [2, 'cedar'],
        [1, 'amber'],
      ]);
      expect(await clinic.overlayVersions(service, 1)).toEqual([await clinic.overlay(service)]);
    });

    test('of 16 who change the same version one wins, the others are told', async () => {
      const clinic = customer('clinic-f');
      await clinic.writeOverlay(service, write('amber', 0));
      const results = await sixteen((n) => clinic.writeOverlay(service, write(`voice-${n}`, 1)));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await clinic.overlayVersions(service)).toHaveLength(2);
      await expect(clinic.writeOverlay(service, write('late', 1))).rejects.toMatchObject({ code: 'revision-conflict' });
      await expect(clinic.writeOverlay(service, write('early', 3))).rejects.toMatchObject({
        code: 'revision-conflict',
      });
    });

    test('a profile is written again, and a wrong one is refused', async () => {
      const clinic = customer('clinic-g');
      await clinic.putProfile({ displayName: 'Before', createdAt: at(1) });
      await clinic.putProfile({ displayName: 'After', createdAt: at(1) });
      await expect(clinic.putProfile({ displayName: '', createdAt: at(1) })).rejects.toMatchObject({
        code: 'invalid-input',
      });
      expect((await clinic.profile())?.displayName).toBe('After');
    });

    test('customers are counted without reading anything of theirs', async () => {
      await customer('clinic-z').putProfile({ displayName: 'Z', createdAt: at(1) });
      await customer('clinic-y').writeOverlay(service, write('amber', 0));
      const ids = await allOf(opened().tenancy.customerIds());
      expect(ids).toContain('clinic-z');
      expect(ids).not.toContain('clinic-y');
    });
  });
};
