import {
  type EdgeLease,
  type EdgeStore,
  type HostLease,
  type HostStore,
  storedEdgeLease,
  storedHostLease,
} from '#core/host/leases.ts';
import { Items } from './items.ts';
import type { MemoryOptions } from './wire.ts';

const maxLeases = 1_000;
/** How long an expired lease stays readable, for those who look for what a lost host left behind. */
const keptMs = 3_600_000;

const expiresAt = ({ leaseUntil }: { readonly leaseUntil: number }): number => leaseUntil + keptMs;

export interface MemoryHostStore extends HostStore {
  readonly leases: Items<HostLease>;
}

export const memoryHostStore = (options: MemoryOptions): MemoryHostStore => {
  const leases = new Items<HostLease>({ name: 'host-leases', ...options, expiresAt });
  return {
    leases,
    write: async (lease) =>
      leases.put(hostKey(lease), storedHostLease.write(lease, `the lease of host ${lease.hostId}`)),
    remove: (lease) => leases.remove(hostKey(lease)),
    list: (service, releaseId) => leases.list(`${service}#${releaseId}#`, maxLeases),
  };
};

export const hostKey = ({ service, releaseId, hostId }: Pick<HostLease, 'service' | 'releaseId' | 'hostId'>): string =>
  `${service}#${releaseId}#${hostId}`;

export const memoryEdgeStore = (options: MemoryOptions): EdgeStore => {
  const leases = new Items<EdgeLease>({ name: 'edge-leases', ...options, expiresAt });
  return {
    write: async (lease) => leases.put(lease.edgeId, storedEdgeLease.write(lease, `the lease of edge ${lease.edgeId}`)),
    remove: (edgeId) => leases.remove(edgeId),
    list: () => leases.list('', maxLeases),
  };
};
