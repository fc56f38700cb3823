import { nextOverlay, overlayConflict, owned } from '#core/overlay/next-overlay.ts';
import {
  type CustomerProfile,
  type CustomerTenancy,
  type OverlayVersion,
  storedProfile,
  type TenancyStore,
} from '#core/overlay/tenancy-store.ts';
import type { CustomerId, ServiceName } from '#core/words/names.ts';
import { Items } from './items.ts';
import type { MemoryOptions } from './wire.ts';

const maxCustomers = 100_000;

const maxVersion = 9_999_999_999;

export interface MemoryTenancyStore extends TenancyStore {
  /** The present overlays by `<customer>#<service>`. */
  readonly current: Items<OverlayVersion>;
}

export const memoryTenancyStore = (options: MemoryOptions): MemoryTenancyStore => {
  const profiles = new Items<CustomerProfile>({ name: 'profiles', ...options });
  const current = new Items<OverlayVersion>({ name: 'overlays', ...options });
  const older = new Items<OverlayVersion>({ name: 'overlay-versions', ...options });
  return {
    current,
    forCustomer: (customerId) => customerTenancy({ profiles, current, older }, customerId),
    async *customerIds() {
      for (const { customerId } of await profiles.list('', maxCustomers)) yield customerId;
    },
  };
};

interface TenancyItems {
  readonly profiles: Items<CustomerProfile>;
  readonly current: Items<OverlayVersion>;
  readonly older: Items<OverlayVersion>;
}

const customerTenancy = ({ profiles, current, older }: TenancyItems, customerId: CustomerId): CustomerTenancy => {
  const keyOf = (service: ServiceName) => `${customerId}#${service}`;
  const overlay = async (service: ServiceName) => {
    const present = await current.get(keyOf(service));
    return present && owned(present, customerId);
  };
  return {
    profile: async () => {
      const profile = await profiles.get(customerId);
      return profile && owned(profile, customerId);
    },
    putProfile: async ({ displayName, createdAt }) => {
      const profile = storedProfile.write({ customerId, displayName, createdAt }, 'the profile');
      await profiles.update(customerId, (present) => ({ ...present, ...profile }));
    },
    overlay,
    overlayVersions: async (service, limit = 100) => {
      const present = await overlay(service);
      const versions = await older.list(`${keyOf(service)}#`, limit + 1);
      // A writer that ended between its two writes has stored the present version as an older one too.
      const before = versions.filter(({ version }) => version !== present?.version);
      return [...(present ? [present] : []), ...before.map((one) => owned(one, customerId))].slice(0, limit);
    },
    writeOverlay: async (service, write) => {
      const present = await overlay(service);
      const next = nextOverlay(customerId, service, present, write);
      if (next === present) return next;
      if (present) await older.putOnce(versionKey(keyOf(service), present.version), present);
      const isWritten = await current.update(keyOf(service), (standing) =>
        standing?.version === present?.version ? next : undefined,
      );
      if (isWritten) return next;
      throw overlayConflict(service, write.seenVersion);
    },
  };
};

/** Counts downwards, so that the newest version comes first. */
const versionKey = (key: string, version: number): string => `${key}#${String(maxVersion - version).padStart(10, '0')}`;
