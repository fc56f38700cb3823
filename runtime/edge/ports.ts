import type { Head } from '#core/version-set/head.ts';
import type { HostLease } from '../ports.ts';

/** Reads the pointer of a version set. */
export interface HeadReader {
  /** @returns undefined when the set has no head yet */
  readonly read: (service: string, set: string) => Promise<Head | undefined>;
}

/** Reads the leases of a release's hosts, expired ones included or not. */
export interface HostDirectory {
  readonly list: (service: string, releaseId: string) => Promise<readonly HostLease[]>;
}

/** One-use tickets across all edges. */
export interface TicketBook {
  /** Marks a ticket used. @returns false when it was used before */
  readonly use: (ticketId: string, expiresAt: Date) => Promise<boolean>;
}

/** What an edge says about itself; it holds for 10 seconds. */
export interface EdgeLease {
  readonly edgeId: string;
  /** Public base URL, for instance `wss://calls.example.org`. */
  readonly url: string;
  readonly leaseUntil: number;
  /** The head revision that decides new calls here, by `service#set`. */
  readonly headRevisionSeen: Readonly<Record<string, number>>;
  readonly queueDepth: number;
}

export interface EdgeLeases {
  readonly write: (lease: EdgeLease) => Promise<void>;
  readonly remove: (edgeId: string) => Promise<void>;
}
