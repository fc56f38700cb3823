import { GetCommand, PutCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import {
  CustomerProfile,
  type CustomerTenancy,
  OverlayVersion,
  type OverlayWrite,
  type TenancyStore,
} from '#core/overlay/tenancy-store.ts';
import { parseOrThrow } from '#core/parse.ts';
import { canonicalJson } from '#core/release/canonical.ts';
import { digestOf } from '#core/words/digest.ts';
import type { ServiceName } from '#core/words/names.ts';
import { CustomerId } from '#core/words/names.ts';
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
      return item && owned(parseOrThrow(CustomerProfile, item['profile'], 'a stored profile', 'internal'), customerId);
    },
    putProfile: async (profile) => {
      await putOnce(tenancy, { pk: 'CUSTOMERS', sk: pk, customerId });
      const Item = { pk, sk: 'PROFILE', profile: { customerId, ...profile } };
      await tenancy.documents.send(new PutCommand({ TableName: tenancy.name, Item }));
    },
    overlay,
    overlayVersions: (service, limit = 100) => overlayVersions(tenancy, customerId, service, limit),
    writeOverlay: async (service, write) => writeOverlay(tenancy, customerId, service, await overlay(service), write),
  };
};

const getItem = async ({ documents, name }: Table, pk: string, sk: string) =>
  (await documents.send(new GetCommand({ TableName: name, Key: { pk, sk }, ConsistentRead: true }))).Item;

/** The key already says whose it is; an item that says otherwise is a breach and never leaves this room. */
const owned = <T extends { readonly customerId: CustomerId }>(value: T, customerId: CustomerId): T => {
  if (value.customerId === customerId) return value;
  throw new LastgoodError('internal', 'an item under one customer names another one; it was not returned');
};

const parseOverlay = (item: unknown, customerId: CustomerId): OverlayVersion =>
  owned(parseOrThrow(OverlayVersion, item, 'a stored overlay', 'internal'), customerId);

/** As with heads: the present version is one item, and whoever replaces it stores it as history first. */
const writeOverlay = async (
  tenancy: Table,
  customerId: CustomerId,
  service: ServiceName,
  present: OverlayVersion | undefined,
  { overlay, seenVersion, at, by, reason }: OverlayWrite,
): Promise<OverlayVersion> => {
  const digest = digestOf(canonicalJson(overlay));
  if (present?.digest === digest) return present;
  const pk = keys.customer(customerId);
  const version = seenVersion + 1;
  const next: OverlayVersion = { customerId, service, version, overlay, digest, at, by, reason };
  if ((present?.version ?? 0) === seenVersion) {
    if (present) await putOnce(tenancy, { pk, sk: keys.version(service, present.version), overlayVersion: present });
    const isWritten = await updateIf(tenancy, {
      Key: { pk, sk: keys.current(service) },
      UpdateExpression: 'SET overlayVersion = :next, version = :version',
      ConditionExpression: present ? 'version = :seen' : 'attribute_not_exists(pk)',
      ExpressionAttributeValues: { ':next': next, ':version': version, ...(present && { ':seen': seenVersion }) },
    });
    if (isWritten) return next;
  }
  throw new LastgoodError(
    'revision-conflict',
    `the overlay for ${service} was changed by somebody else after version ${seenVersion}; read it and change it again`,
  );
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
