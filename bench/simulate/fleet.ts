import { every } from '#core/clock.ts';
import type { MetricSink } from '#core/host/metrics.ts';
import { metricNames, poolName } from '#core/org/resource-names.ts';
import type { SessionAssignment } from '#core/session/session-record.ts';
import { comparisonIdOn } from '#core/version-set/holdback.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { ArmMetrics } from '#runtime/arm-metrics.ts';
import type { HostAnswer } from '#runtime/edge/host-connection.ts';
import type { Fate, FateOf } from './fates.ts';
import { SimulatedHost, type WarmProcesses } from './host.ts';
import { service } from './names.ts';
import { silentCallLog, type World } from './world.ts';

export interface FleetSettings {
  readonly fateOf: FateOf;
  readonly maxCallsPerHost: number;
  readonly leaseEveryMs: number;
  /** @default - a process for every call is warm */
  readonly warm?: WarmProcesses;
  /** Takes the hosts' figures. @default - nobody counts */
  readonly figures?: MetricSink;
}

const reconcileEveryMs = 2_000;

/** The hosts of all pools: as many as ECS runs tasks for each, as the pools' port was told. */
export class Fleet {
  readonly hosts = new Map<string, SimulatedHost>();
  readonly #world: World;
  readonly #settings: FleetSettings;
  readonly #releases = new Set<ReleaseId>();
  readonly #metrics: ArmMetrics | undefined;
  readonly #listeners: ((assignment: SessionAssignment, fate: Fate) => void)[] = [];
  #count = 0;

  constructor(world: World, settings: FleetSettings) {
    this.#world = world;
    this.#settings = settings;
    this.#metrics = settings.figures && metricsOf(world, settings.figures);
    this.#metrics?.start();
    world.protectedTasks = (pool) =>
      this.#list().filter((host) => host.calls > 0 && poolName(service, host.settings.release) === pool).length;
    every(world.clock, reconcileEveryMs, () => void this.reconcile());
  }

  onEnded(listener: (assignment: SessionAssignment, fate: Fate) => void): void {
    this.#listeners.push(listener);
  }

  /** Releases whose pools are looked after. */
  watch(release: ReleaseId): void {
    this.#releases.add(release);
  }

  hostsOf(release: ReleaseId): readonly SimulatedHost[] {
    return this.#list().filter((host) => host.settings.release === release && !host.isDead);
  }

  offer(address: string, assignment: SessionAssignment): HostAnswer {
    return (
      this.hosts.get(address)?.offer(assignment) ?? { kind: 'failed', detail: 'ECONNREFUSED', maybeStarted: false }
    );
  }

  /** Starts and drains hosts until each pool has as many as it runs tasks. */
  async reconcile(): Promise<void> {
    for (const release of this.#releases) {
      const pool = await this.#world.org.pools.describe(service, release).catch(() => undefined);
      const wanted = pool?.desired ?? 0;
      const present = this.hostsOf(release).filter((host) => !host.isDraining);
      for (let more = present.length; more < wanted; more += 1) this.#start(release);
      for (const host of present.toSorted((one, other) => one.calls - other.calls).slice(0, present.length - wanted))
        host.drain();
      for (const host of this.hostsOf(release)) if (host.isDraining && host.calls === 0) this.#leave(host);
    }
  }

  /** @returns the calls that were cut */
  kill(host: SimulatedHost): readonly string[] {
    this.hosts.delete(host.address);
    return host.die();
  }

  #list(): readonly SimulatedHost[] {
    return [...this.hosts.values()];
  }

  #start(release: ReleaseId): void {
    this.#count += 1;
    const { fateOf, maxCallsPerHost, leaseEveryMs, warm } = this.#settings;
    const host = new SimulatedHost(this.#world, {
      hostId: `host-${this.#count}`,
      release,
      maxCalls: maxCallsPerHost,
      leaseEveryMs,
      warm,
      fateOf,
      metrics: this.#metrics,
      onEnded: (assignment, fate) => this.#listeners.forEach((listener) => listener(assignment, fate)),
    });
    this.hosts.set(host.address, host);
  }

  #leave(host: SimulatedHost): void {
    this.hosts.delete(host.address);
    host.leave();
  }
}

/** The figures of all hosts together: alarms add them up anyway. */
const metricsOf = (world: World, sink: MetricSink): ArmMetrics =>
  new ArmMetrics({
    clock: world.clock,
    log: silentCallLog,
    sink,
    services: [service],
    names: [metricNames.callsStarted, metricNames.callsEnded, metricNames.callsFailed],
    tenMinuteNames: {
      [metricNames.callsStarted]: metricNames.callsStartedIn10Minutes,
      [metricNames.callsFailed]: metricNames.callsFailedIn10Minutes,
    },
    livePromotions: async () => {
      const { head } = world;
      return head === undefined ? [] : [comparisonIdOn(head) ?? []].flat();
    },
  });
