import { LastgoodError } from '#core/errors.ts';
import type { HostLease, HostStore } from '#core/host/leases.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { ServiceName } from '#core/words/names.ts';
import { type Clock, within } from '#core/clock.ts';
import type { CallLog } from '../log.ts';

const maxPools = 200;
const readLimitMs = 1_000;
/** A pool that nobody asked for this long is no longer read. */
const forgetAfterMs = 600_000;

export interface HostCacheOptions {
  readonly directory: Pick<HostStore, 'list'>;
  readonly clock: Clock;
  readonly log: CallLog;
}

interface Pool {
  readonly service: ServiceName;
  readonly releaseId: ReleaseId;
  /** Undefined until the first successful read: unknown is not the same as none. */
  hosts: readonly HostLease[] | undefined;
  /** When the hosts were read; a lease is judged by this moment, so an unreadable table expires nobody. */
  readAt: number;
  askedAt: number;
}

/** The hosts of each release as last read; failed reads keep what is known. */
export class HostCache {
  readonly #options: HostCacheOptions;
  readonly #pools = new Map<string, Pool>();

  constructor(options: HostCacheOptions) {
    this.#options = options;
  }

  /** Hosts that can take calls, read now when this pool was never read; undefined when that fails. */
  async get(service: ServiceName, releaseId: ReleaseId): Promise<readonly HostLease[] | undefined> {
    const pool = this.watch(service, releaseId);
    if (!pool) return undefined;
    if (!pool.hosts) await this.#read(pool);
    return pool.hosts?.filter((host) => host.ready && !host.draining && host.leaseUntil > pool.readAt);
  }

  /** Includes a pool in `refresh`, so that its hosts are known before the first call needs one. */
  watch(service: ServiceName, releaseId: ReleaseId): Pool | undefined {
    const key = `${service}#${releaseId}`;
    const known = this.#pools.get(key);
    if (!known && this.#pools.size >= maxPools) return undefined;
    const askedAt = this.#options.clock.now();
    const pool = known ?? { service, releaseId, hosts: undefined, readAt: 0, askedAt };
    pool.askedAt = askedAt;
    this.#pools.set(key, pool);
    return pool;
  }

  /** Reads all pools again; never rejects. */
  async refresh(): Promise<void> {
    const now = this.#options.clock.now();
    for (const [key, pool] of this.#pools) if (now - pool.askedAt > forgetAfterMs) this.#pools.delete(key);
    await Promise.all([...this.#pools.values()].map((pool) => this.#read(pool)));
  }

  async #read(pool: Pool): Promise<void> {
    const { directory, clock, log } = this.#options;
    const { service, releaseId } = pool;
    try {
      const hosts = await within(
        clock,
        readLimitMs,
        directory.list(service, releaseId),
        () => new LastgoodError('timeout', `the hosts of ${service} were not read within ${readLimitMs} ms`),
      );
      pool.hosts = hosts;
      pool.readAt = clock.now();
    } catch (error) {
      log.warn('hosts-read-failed', { service, release: releaseId, kept_hosts: pool.hosts?.length, error });
    }
  }
}
