import { GetCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { nextOverlay, overlayConflict, owned } from '#core/overlay/next-overlay.ts';
import {
  type CustomerProfile,
  type CustomerTenancy,
  type OverlayVersion,
  type OverlayWrite,
  storedOverlay,
  storedProfile,
  type TenancyStore,
} from '#core/overlay/tenancy-store.ts';
import { parseOrThrow } from '#core/parse.ts';
import { CustomerId, type ServiceName } from '#core/words/names.ts';
import { putOnce, queryItems, type Table, tenDigits, updateIf } from './dynamodb.ts';

export const tenancyStore = (tenancy: Table): TenancyStore => ({
  forCustomer: (customerId) => customerTenancy(tenancy, customerId),
  customerIds: () => customerIds(tenancy),
});

const keys = {
  customer: (customerId: string) => `CUSTOMER#${customerId}`,
  current: (service: string) => `OVERLAY#${service}#CURRENT`,
  version: (service: string, version: number) => `OVERLAY#${service}#${tenDigits(version)}`,
};

const customerTenancy = (tenancy: Table, customerId: CustomerId): CustomerTenancy => {
  const pk = keys.customer(customerId);
  const overlay = async (service: ServiceName) => {
    const item = await getItem(tenancy, pk, keys.current(service));
    return item && parseOverlay(item['overlayVersion'], customerId);
  };
  return {
    profile: async () => {
      const item = await getItem(tenancy, pk, 'PROFILE');
      return item && owned(storedProfile.read(item['profile'], 'a stored profile'), customerId);
    },
    putProfile: (profile) => putProfile(tenancy, customerId, profile),
    overlay,
    overlayVersions: (service, limit = 100) => overlayVersions(tenancy, customerId, service, limit),
    writeOverlay: async (service, write) => writeOverlay(tenancy, customerId, service, await overlay(service), write),
  };
};

const getItem = async ({ documents, name }: Table, pk: string, sk: string) =>
  (await documents.send(new GetCommand({ TableName: name, Key: { pk, sk }, ConsistentRead: true }))).Item;

const parseOverlay = (item: unknown, customerId: CustomerId): OverlayVersion =>
  owned(storedOverlay.read(item, 'a stored overlay'), customerId);

/** Field by field, so that an older version of Lastgood leaves what a newer one keeps there. */
const putProfile = async (
  tenancy: Table,
  customerId: CustomerId,
  { displayName, createdAt }: Omit<CustomerProfile, 'customerId'>,
): Promise<void> => {
  const pk = keys.customer(customerId);
  const profile = storedProfile.write({ customerId, displayName, createdAt }, 'the profile');
  await putOnce(tenancy, { pk: 'CUSTOMERS', sk: pk, customerId });
  if (await putOnce(tenancy, { pk, sk: 'PROFILE', profile })) return;
  await updateIf(tenancy, {
    Key: { pk, sk: 'PROFILE' },
    UpdateExpression: 'SET profile.displayName = :name, profile.createdAt = :at',
    ConditionExpression: 'attribute_exists(profile)',
    ExpressionAttributeValues: { ':name': displayName, ':at': createdAt },
  });
};

/** As with heads: the present version is one item, and whoever replaces it stores it as history first. */
const writeOverlay = async (
  tenancy: Table,
  customerId: CustomerId,
  service: ServiceName,
  present: OverlayVersion | undefined,
  write: OverlayWrite,
): Promise<OverlayVersion> => {
  const next = nextOverlay(customerId, service, present, write);
  if (next === present) return next;
  const pk = keys.customer(customerId);
  if (present) await putOnce(tenancy, { pk, sk: keys.version(service, present.version), overlayVersion: present });
  const isWritten = await updateIf(tenancy, {
    Key: { pk, sk: keys.current(service) },
    UpdateExpression: 'SET overlayVersion = :next, version = :version',
    ConditionExpression: present ? 'version = :seen' : 'attribute_not_exists(pk)',
    ExpressionAttributeValues: {
      ':next': next,
      ':version': next.version,
      ...(present && { ':seen': write.seenVersion }),
    },
  });
  if (isWritten) return next;
  throw overlayConflict(service, write.seenVersion);
};

const overlayVersions = async (
  tenancy: Table,
  customerId: CustomerId,
  service: ServiceName,
  limit: number,
): Promise<readonly OverlayVersion[]> => {
  const found: OverlayVersion[] = [];
  const input: Omit<QueryCommandInput, 'TableName'> = {
    // CURRENT sorts after every number, so one query gives the present version and then the older ones.
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :overlay)',
    ExpressionAttributeValues: { ':pk': keys.customer(customerId), ':overlay': `OVERLAY#${service}#` },
    ScanIndexForward: false,
    ConsistentRead: true,
  };
  for await (const item of queryItems(tenancy, input, { items: limit + 1 })) {
    const version = parseOverlay(item['overlayVersion'], customerId);
    // A writer that crashed between its two writes has stored the present version as history too.
    if (found.at(-1)?.version !== version.version) found.push(version);
  }
  return found.slice(0, limit);
};

async function* customerIds(tenancy: Table): AsyncGenerator<CustomerId> {
  const items = queryItems(
    tenancy,
    { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': 'CUSTOMERS' } },
    { items: 100_000 },
  );
  for await (const item of items)
    yield parseOrThrow(z.object({ customerId: CustomerId }), item, 'a stored customer id', 'internal').customerId;
}
