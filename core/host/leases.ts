import { z } from 'zod';
import { stored } from '../stored.ts';

/** A host about itself; holds until `leaseUntil`. */
export const HostLease = z.strictObject({
  hostId: z.string(),
  service: z.string(),
  releaseId: z.string(),
  /** `ip:port` */
  address: z.string(),
  freeProcesses: z.int().nonnegative(),
  activeSessions: z.int().nonnegative(),
  warmTarget: z.int().nonnegative(),
  ready: z.boolean(),
  draining: z.boolean(),
  /** Why the host is not ready, for people. */
  problem: z.string().exactOptional(),
  /** Epoch milliseconds. */
  leaseUntil: z.number(),
});
export type HostLease = z.infer<typeof HostLease>;
export const storedHostLease = stored(HostLease);

/** An edge about itself; holds until `leaseUntil`. */
export const EdgeLease = z.strictObject({
  edgeId: z.string(),
  /** Public base URL, for instance `wss://calls.example.org`. */
  url: z.string(),
  /** Epoch milliseconds. */
  leaseUntil: z.number(),
  /** The head revision that decides new calls there, by `service#set`. */
  headRevisionSeen: z.record(z.string(), z.int()),
  queueDepth: z.int().nonnegative(),
});
export type EdgeLease = z.infer<typeof EdgeLease>;
export const storedEdgeLease = stored(EdgeLease);

export interface HostStore {
  readonly write: (lease: HostLease) => Promise<void>;
  readonly remove: (lease: Pick<HostLease, 'hostId' | 'service' | 'releaseId'>) => Promise<void>;
  /** Leases of a release's hosts, expired ones included; at most 1,000. */
  readonly list: (service: string, releaseId: string) => Promise<readonly HostLease[]>;
}

export interface EdgeStore {
  readonly write: (lease: EdgeLease) => Promise<void>;
  readonly remove: (edgeId: string) => Promise<void>;
  /** Expired ones included; at most 1,000. */
  readonly list: () => Promise<readonly EdgeLease[]>;
}

/** A lease is taken for its word while it lasts. */
export const isLive = (lease: { readonly leaseUntil: number }, nowMs: number): boolean => nowMs < lease.leaseUntil;
