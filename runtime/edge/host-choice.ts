import type { Clock } from '#core/clock.ts';
import type { Random } from '#core/random.ts';
import type { HostLease } from '#core/host/leases.ts';

/** A host that said it is full may have a fresh process very soon; one that does not answer is left alone longer. */
const avoidMs = { full: 100, unreachable: 2_000 } as const;
const maxHosts = 10_000;

interface Load {
  /** Lease that `dispatched` counts from. */
  leaseUntil: number;
  dispatched: number;
  avoidUntil: number;
}

/**
 * Chooses hosts by power of two choices on free processes. Between two leases it subtracts what it has sent itself, so
 * a burst spreads. The estimate only orders hosts: a host refills its pool in a fraction of a lease, and its own answer decides.
 */
export class HostChoice {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #loads = new Map<string, Load>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** @param tried ids of hosts that this call has already met */
  pick(hosts: readonly HostLease[], tried: ReadonlySet<string>): HostLease | undefined {
    const now = this.#clock.now();
    const open = hosts.filter((host) => !tried.has(host.hostId) && this.#load(host).avoidUntil <= now);
    const free = open.filter((host) => this.#freeProcesses(host) > 0);
    const among = free.length > 0 ? free : open;
    const [first, second] = [this.#draw(among), this.#draw(among)];
    if (!first || !second) return first ?? second;
    return this.#freeProcesses(first) >= this.#freeProcesses(second) ? first : second;
  }

  sent(host: HostLease): void {
    this.#load(host).dispatched++;
  }

  avoid(host: HostLease, reason: keyof typeof avoidMs): void {
    this.#load(host).avoidUntil = this.#clock.now() + avoidMs[reason];
  }

  #draw(hosts: readonly HostLease[]): HostLease | undefined {
    return hosts[Math.floor(this.#random() * hosts.length)];
  }

  #freeProcesses(host: HostLease): number {
    return host.freeProcesses - this.#load(host).dispatched;
  }

  #load(host: HostLease): Load {
    const known = this.#loads.get(host.hostId);
    if (known) {
      if (known.leaseUntil !== host.leaseUntil) {
        known.leaseUntil = host.leaseUntil;
        known.dispatched = 0;
      }
      return known;
    }
    const oldest = this.#loads.size >= maxHosts ? this.#loads.keys().next().value : undefined;
    if (oldest !== undefined) this.#loads.delete(oldest);
    const load = { leaseUntil: host.leaseUntil, dispatched: 0, avoidUntil: 0 };
    this.#loads.set(host.hostId, load);
    return load;
  }
}
