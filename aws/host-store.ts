import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { type EdgeStore, type HostStore, storedEdgeLease, storedHostLease } from '#core/host/leases.ts';
import type { Stored } from '#core/stored.ts';
import { queryItems, recordIn, type Table } from './dynamodb.ts';

const maxLeases = 1_000;
/** How long an expired lease stays readable, for those who look for what a lost host left behind. */
const keptSeconds = 3_600;

const poolKey = (service: string, releaseId: string) => `POOL#${service}#${releaseId}`;

export const hostStore = (hosts: Table): HostStore => ({
  write: async (lease) =>
    put(
      hosts,
      poolKey(lease.service, lease.releaseId),
      `HOST#${lease.hostId}`,
      storedHostLease.write(lease, `the lease of host ${lease.hostId}`),
    ),
  remove: ({ service, releaseId, hostId }) => remove(hosts, poolKey(service, releaseId), `HOST#${hostId}`),
  list: (service, releaseId) => listLeases(hosts, poolKey(service, releaseId), storedHostLease),
});

export const edgeStore = (hosts: Table): EdgeStore => ({
  write: async (lease) =>
    put(hosts, 'EDGE', `EDGE#${lease.edgeId}`, storedEdgeLease.write(lease, `the lease of edge ${lease.edgeId}`)),
  remove: (edgeId) => remove(hosts, 'EDGE', `EDGE#${edgeId}`),
  list: () => listLeases(hosts, 'EDGE', storedEdgeLease),
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

const listLeases = async <T>(hosts: Table, pk: string, records: Stored<T>): Promise<readonly T[]> => {
  const leases: T[] = [];
  const items = queryItems(
    hosts,
    { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk } },
    { items: maxLeases },
  );
  for await (const item of items)
    leases.push(records.read(recordIn(item, ['expiresAt']), `the stored lease ${String(item['sk'])} of ${pk}`));
  return leases;
};
