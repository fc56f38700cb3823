import { LastgoodError } from '../errors.ts';
import { canonicalJson } from '../release/canonical.ts';
import { digestOf } from '../words/digest.ts';
import type { CustomerId, ServiceName } from '../words/names.ts';
import { type OverlayVersion, type OverlayWrite, storedOverlay } from './tenancy-store.ts';

/**
 * The version that a write makes of the present one; the present one itself when it says the same.
 * @throws LastgoodError `revision-conflict` when the writer saw another version; `invalid-input`
 */
export const nextOverlay = (
  customerId: CustomerId,
  service: ServiceName,
  present: OverlayVersion | undefined,
  { overlay, seenVersion, at, by, reason }: OverlayWrite,
): OverlayVersion => {
  const digest = digestOf(canonicalJson(overlay));
  if (present?.digest === digest) return present;
  if ((present?.version ?? 0) !== seenVersion) throw overlayConflict(service, seenVersion);
  const version = seenVersion + 1;
  return storedOverlay.write(
    { customerId, service, version, overlay, digest, at, by, reason },
    `version ${version} of the overlay for ${service}`,
  );
};

export const overlayConflict = (service: ServiceName, seenVersion: number): LastgoodError =>
  new LastgoodError(
    'revision-conflict',
    `the overlay for ${service} was changed by somebody else after version ${seenVersion}; read it and change it again`,
  );

/** The key already says whose it is; an item that says otherwise is a breach and never leaves its store. */
export const owned = <T extends { readonly customerId: CustomerId }>(value: T, customerId: CustomerId): T => {
  if (value.customerId === customerId) return value;
  throw new LastgoodError('internal', 'an item under one customer names another one; it was not returned');
};
