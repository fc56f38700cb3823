import { describe, expect, test } from 'vitest';
import type { HostLease } from '#core/host/leases.ts';
import { at, release } from '../../core/version-set/build.ts';
import { newService, type Opened } from './ports-under-test.ts';

/** Leases of hosts and edges: what the data plane says about itself. */
export const leasesContract = (opened: Opened): void => {
  describe('leases', () => {
    const leaseOf = (service: string): HostLease => ({
      hostId: 'host-1',
      service,
      releaseId: release('a'),
      address: '10.0.0.1:8080',
      freeProcesses: 3,
      activeSessions: 1,
      warmTarget: 4,
      ready: true,
      draining: false,
      leaseUntil: Date.parse(at(10)),
    });

    test('a host renews its lease, is listed with its pool only, and is gone when it says so', async () => {
      const { hosts } = opened();
      const service = newService();
      const lease = leaseOf(service);
      const renewed = { ...lease, freeProcesses: 2, leaseUntil: Date.parse(at(12)) };
      await hosts.write(lease);
      await hosts.write(renewed);
      await hosts.write({ ...lease, hostId: 'host-2', releaseId: release('b'), problem: 'digest mismatch' });
      expect(await hosts.list(service, release('a'))).toEqual([renewed]);
      await hosts.remove(lease);
      await hosts.remove(lease);
      expect(await hosts.list(service, release('a'))).toEqual([]);
      expect(await hosts.list(service, release('b'))).toMatchObject([{ problem: 'digest mismatch' }]);
    });

    test('edges say where they are and which heads they saw', async () => {
      const { edges } = opened();
      const edgeId = String(newService());
      const edge = {
        edgeId,
        url: 'ws://127.0.0.1:8080',
        leaseUntil: Date.parse(at(10)),
        headRevisionSeen: { 'appointments#release': 7 },
        queueDepth: 0,
      };
      const mine = async () => (await edges.list()).filter((one) => one.edgeId === edgeId);
      await edges.write({ ...edge, queueDepth: 3 });
      await edges.write(edge);
      expect(await mine()).toEqual([edge]);
      await edges.remove(edgeId);
      expect(await mine()).toEqual([]);
    });

    test('a lease that nobody could read again is refused', async () => {
      const { hosts } = opened();
      const service = newService();
      const wrong = hosts.write({ ...leaseOf(service), freeProcesses: -1 });
      await expect(wrong).rejects.toMatchObject({ code: 'invalid-input' });
      expect(await hosts.list(service, release('a'))).toEqual([]);
    });
  });
};
