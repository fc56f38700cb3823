import { LastgoodError } from '../errors.ts';
import type { ReleaseId } from '../words/digest.ts';
import type { ServiceName } from '../words/names.ts';

/** The pool of one release as ECS sees it; whether its hosts are warm stands in their leases. */
export interface Pool {
  readonly name: string;
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  /** The newest message of ECS, for people. */
  readonly lastEvent?: string;
}

export interface PoolNetwork {
  readonly subnets: readonly string[];
  readonly securityGroup: string;
}

export interface Pools {
  /**
   * Creates the pool of a release, or raises an existing one to `hosts`; a pool is never updated in place otherwise.
   * @throws LastgoodError `pool-not-ready` (retryable) while a pool of that name still drains
   */
  readonly ensure: (
    service: ServiceName,
    release: ReleaseId,
    options: PoolNetwork & { readonly hosts: number },
  ) => Promise<void>;
  /** @returns undefined when there is none */
  readonly describe: (service: ServiceName, release: ReleaseId) => Promise<Pool | undefined>;
  readonly scale: (service: ServiceName, release: ReleaseId, hosts: number) => Promise<void>;
  /**
   * Takes a pool down without cutting a call (invariant 8): to zero first, where ECS waits for protected tasks; deleted
   * when nothing runs. Call it again until it says `gone`.
   */
  readonly retire: (service: ServiceName, release: ReleaseId) => Promise<'draining' | 'gone'>;
  /** Names of the service's pools; at most 1,000. */
  readonly list: (service: ServiceName) => Promise<readonly string[]>;
}

/** A pool was deleted, and its last calls still hold its name. */
export const stillDraining = (name: string): LastgoodError =>
  new LastgoodError('pool-not-ready', `the pool ${name} is still draining; wait until its calls have ended`, {
    retryable: true,
  });
