import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import { type ServiceName, SetName } from '#core/words/names.ts';
import { LastgoodError } from '#core/errors.ts';
import { type Clock, within } from '#core/clock.ts';
import type { CallLog } from '../log.ts';

/** A set beyond this many is not watched: names of sets come from tickets, and every map has a bound. */
const maxWatched = 200;
const readLimitMs = 1_000;
/** Always watched, also before its first release. */
const productionSet = SetName.parse('release');

export interface HeadCacheOptions {
  readonly reader: Pick<HeadStore, 'read'>;
  readonly clock: Clock;
  readonly log: CallLog;
}

interface Watched {
  readonly service: ServiceName;
  readonly set: SetName;
  head: Head | undefined;
}

/**
 * The last head read of every set that calls use. A failed read keeps what was read before: the data plane
 * goes on without the control plane (static stability).
 */
export class HeadCache {
  readonly #options: HeadCacheOptions;
  readonly #watched = new Map<string, Watched>();
  #failedReads = 0;

  constructor(options: HeadCacheOptions) {
    this.#options = options;
  }

  /** The head as last read, at once. */
  current(service: ServiceName, set: SetName): Head | undefined {
    return this.#watched.get(`${service}#${set}`)?.head;
  }

  /** The head, read now when this set was never asked for. From then on `refresh` includes it. @param set @default release */
  async get(service: ServiceName, set: SetName = productionSet): Promise<Head | undefined> {
    const key = `${service}#${set}`;
    const known = this.#watched.get(key);
    if (known?.head) return known.head;
    if (!known && this.#watched.size >= maxWatched) return undefined;
    const watched = known ?? { service, set, head: undefined };
    this.#watched.set(key, watched);
    await this.#read(watched);
    // Names of sets come from tokens: one that has no release takes no place from those that have.
    if (watched.head === undefined && set !== productionSet) this.#watched.delete(key);
    return watched.head;
  }

  /** Reads all watched heads again; never rejects. */
  async refresh(): Promise<void> {
    await Promise.all([...this.#watched.values()].map((watched) => this.#read(watched)));
  }

  get heads(): readonly Head[] {
    return [...this.#watched.values()].flatMap(({ head }) => (head ? [head] : []));
  }

  /** Reads that failed since the start. */
  get failedReads(): number {
    return this.#failedReads;
  }

  revisionsSeen(): Record<string, number> {
    return Object.fromEntries(this.heads.map((head) => [`${head.service}#${head.set}`, head.revision]));
  }

  async #read(watched: Watched): Promise<void> {
    const { reader, clock, log } = this.#options;
    const { service, set } = watched;
    try {
      const head = await within(
        clock,
        readLimitMs,
        reader.read(service, set),
        () => new LastgoodError('timeout', `the head of ${service}#${set} was not read within ${readLimitMs} ms`),
      );
      // Reads may overtake each other; the pointer only moves forward.
      if (!head || (watched.head && head.revision < watched.head.revision)) return;
      if (head.revision !== watched.head?.revision) {
        const { revision, stable, candidate } = head;
        log.info('head-seen', {
          service,
          set,
          revision,
          stable,
          candidate: candidate?.release,
          weight_percent: candidate?.weightPercent,
        });
      }
      watched.head = head;
    } catch (error) {
      this.#failedReads++;
      log.warn('head-read-failed', { service, set, kept_revision: watched.head?.revision, error });
    }
  }
}
