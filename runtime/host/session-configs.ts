import { LastgoodError } from '#core/errors.ts';
import { effectiveConfig, emptyOverlay } from '#core/overlay/effective-config.ts';
import { overlayBaseOf } from '#core/overlay/overlay-base.ts';
import type { Overlay } from '#core/overlay/overlay.ts';
import type { OverlayVersion } from '#core/overlay/tenancy-store.ts';
import type { CustomerId } from '#core/words/names.ts';
import type { PreparedRelease, SessionConfig } from '../agent/ipc.ts';
import { type Clock, within } from '#core/clock.ts';
import type { CallLog } from '../log.ts';
import { chooseProviders } from '../providers/registry.ts';

const readLimitMs = 800;
const maxRemembered = 10_000;

/** Effective configuration of a customer on this host's release (O1). */
export interface ConfigSource {
  readonly resolve: (customerId: CustomerId) => Promise<SessionConfig>;
}

/** The customer's present overlay for this host's service; undefined when it has none. */
export type ReadOverlay = (customerId: CustomerId) => Promise<Pick<OverlayVersion, 'version' | 'overlay'> | undefined>;

export interface SessionConfigsOptions {
  readonly release: PreparedRelease;
  readonly readOverlay: ReadOverlay;
  readonly clock: Clock;
  readonly log: CallLog;
}

/**
 * Effective configuration per customer, read anew for each session (O4). While the table cannot be read, a customer runs with the
 * overlay last seen here; one that was never seen is refused, because its overlay may forbid what the release allows.
 */
export const sessionConfigs = ({ release, readOverlay, clock, log }: SessionConfigsOptions): ConfigSource => {
  const base = overlayBaseOf(release.manifest, release.flow);
  const remembered = new Map<CustomerId, SessionConfig>();
  const remember = (customerId: CustomerId, config: SessionConfig): SessionConfig => {
    remembered.delete(customerId);
    remembered.set(customerId, config);
    const oldest = remembered.size > maxRemembered ? remembered.keys().next().value : undefined;
    if (oldest !== undefined) remembered.delete(oldest);
    return config;
  };
  const merge = async (overlayVersion: number, overlay: Overlay): Promise<SessionConfig> => {
    const merged = effectiveConfig(base, overlay);
    if (merged.kind === 'refused') {
      const problems = merged.problems.map(({ message }) => message).join('; ');
      throw new LastgoodError(
        'invalid-input',
        `overlay version ${overlayVersion} does not fit the release: ${problems}`,
      );
    }
    const { config: effective, digest: configDigest } = merged;
    return { overlayVersion, configDigest, effective, providers: await chooseProviders(effective.model) };
  };
  const read = (customerId: CustomerId) =>
    within(
      clock,
      readLimitMs,
      readOverlay(customerId),
      () => new LastgoodError('timeout', `the overlay was not read within ${readLimitMs} ms`),
    );
  return {
    resolve: async (customerId) => {
      const found = await read(customerId).catch((error: unknown) => {
        const known = remembered.get(customerId);
        if (!known) throw error;
        log.with({ customerId }).warn('overlay-from-memory', { overlay_version: known.overlayVersion, error });
        return known;
      });
      if (found && 'effective' in found) return found;
      const merged = found ? merge(found.version, found.overlay) : merge(0, emptyOverlay(release.manifest));
      return remember(customerId, await merged);
    },
  };
};
