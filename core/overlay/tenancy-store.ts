import { z } from 'zod';
import { stored } from '../stored.ts';
import { Digest } from '../words/digest.ts';
import { CustomerId, ServiceName } from '../words/names.ts';
import { Timestamp } from '../words/time.ts';
import { Overlay } from './overlay.ts';

export const CustomerProfile = z
  .strictObject({ customerId: CustomerId, displayName: z.string().min(1).max(200), createdAt: Timestamp })
  .readonly();
export type CustomerProfile = z.infer<typeof CustomerProfile>;
export const storedProfile = stored(CustomerProfile);

/** One version of a customer's overlay for a service. */
export const OverlayVersion = z
  .strictObject({
    customerId: CustomerId,
    service: ServiceName,
    version: z.int().positive(),
    overlay: Overlay,
    /** Of the canonical overlay: stands in every log line's configuration digest. */
    digest: Digest,
    at: Timestamp,
    by: z.string().min(1).max(256),
    reason: z.string().max(2_000),
  })
  .readonly();
export type OverlayVersion = z.infer<typeof OverlayVersion>;
export const storedOverlay = stored(OverlayVersion);

export interface OverlayWrite {
  readonly overlay: Overlay;
  /** The version that the writer saw; 0 when there was none. */
  readonly seenVersion: number;
  readonly at: Timestamp;
  readonly by: string;
  readonly reason: string;
}

/** Everything of one customer, and nothing of another: no method takes a customer id (invariant 9). */
export interface CustomerTenancy {
  readonly profile: () => Promise<CustomerProfile | undefined>;
  readonly putProfile: (profile: Omit<CustomerProfile, 'customerId'>) => Promise<void>;
  /** Strongly consistent. @returns undefined when the customer runs the release as it is */
  readonly overlay: (service: ServiceName) => Promise<OverlayVersion | undefined>;
  /** Newest first. @param limit @default 100 */
  readonly overlayVersions: (service: ServiceName, limit?: number) => Promise<readonly OverlayVersion[]>;
  /**
   * Makes the next version. The same overlay on top of itself changes nothing.
   * @throws LastgoodError `revision-conflict` when `seenVersion` is no longer the present one
   */
  readonly writeOverlay: (service: ServiceName, write: OverlayWrite) => Promise<OverlayVersion>;
}

export interface TenancyStore {
  /** @param customerId from a verified token, never from input (T5) */
  readonly forCustomer: (customerId: CustomerId) => CustomerTenancy;
  /** Ids only, for checks that concern every customer of the org; at most 100,000. */
  readonly customerIds: () => AsyncGenerator<CustomerId>;
}
