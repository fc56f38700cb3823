import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { parseOrThrow } from '#core/parse.ts';
import { type Table, queryItems } from './dynamodb.ts';

/** A host about itself; holds until `leaseUntil`. */
export const HostLease = z.object({
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

/** An edge about itself; holds until `leaseUntil`. */
export const EdgeLease = z.object({
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

const maxLeases = 1_000;
/** How long an expired lease stays readable, for those who look for what a lost host left behind. */
const keptSeconds = 3_600;

const poolKey = (service: string, releaseId: string) => `POOL#${service}#${releaseId}`;

export const hostStore = (hosts: Table): HostStore => ({
  write: (lease) => put(hosts, poolKey(lease.service, lease.releaseId), `HOST#${lease.hostId}`, lease),
  remove: ({ service, releaseId, hostId }) => remove(hosts, poolKey(service, releaseId), `HOST#${hostId}`),
  list: (service, releaseId) => listLeases(hosts, poolKey(service, releaseId), HostLease),
});

export const edgeStore = (hosts: Table): EdgeStore => ({
  write: (lease) => put(hosts, 'EDGE', `EDGE#${lease.edgeId}`, lease),
  remove: (edgeId) => remove(hosts, 'EDGE', `EDGE#${edgeId}`),
  list: () => listLeases(hosts, 'EDGE', EdgeLease),
});

const put = async (
  { documents, name }: Table,
  pk: string,
  sk: string,
  lease: { readonly leaseUntil: number },
): Promise<void> => {
  const expiresAt = Math.ceil(lease.leaseUntil / 1000) + keptSeconds;
  await documents.send(new PutCommand({ TableName: name, Item: { pk, sk, ...lease, expiresAt } }));
};

const remove = async ({ documents, name }: Table, pk: string, sk: string): Promise<void> => {
  await documents.send(new DeleteCommand({ TableName: name, Key: { pk, sk } }));
};

const listLeases = async <T>(hosts: Table, pk: string, schema: z.ZodType<T>): Promise<readonly T[]> => {
  const leases: T[] = [];
  const items = queryItems(
    hosts,
    { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk } },
    { items: maxLeases },
  );
  for await (const item of items) leases.push(parseOrThrow(schema, item, `a stored lease of ${pk}`, 'internal'));
  return leases;
};
