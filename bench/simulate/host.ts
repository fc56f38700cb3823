import { Socket } from 'node:net';
import type { Clock } from '#core/clock.ts';
import { every, timestampOf } from '#core/clock.ts';
import { metricNames } from '#core/org/resource-names.ts';
import type { SessionAssignment, SessionRecord, SessionResult } from '#core/session/session-record.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { ArmMetrics } from '#runtime/arm-metrics.ts';
import type { HostAnswer } from '#runtime/edge/host-connection.ts';
import { vouchAtWindow } from '#runtime/host/vouch.ts';
import { SessionSpool } from '#runtime/session-spool.ts';
import type { Chance } from './chance.ts';
import type { Fate, FateOf } from './fates.ts';
import { service } from './names.ts';
import type { Acting } from './processes.ts';
import { silentCallLog, type World } from './world.ts';

/** Processes that wait for calls, and the milliseconds after which one that was taken is replaced. */
export interface WarmProcesses {
  readonly processes: number;
  readonly refillMs: number;
}

export interface HostSettings {
  readonly hostId: string;
  readonly release: ReleaseId;
  readonly maxCalls: number;
  readonly leaseEveryMs: number;
  /** @default - a process for every call up to `maxCalls` is warm */
  readonly warm: WarmProcesses | undefined;
  readonly fateOf: FateOf;
  /** What its calls are counted in. @default - nobody looks at figures */
  readonly metrics: ArmMetrics | undefined;
  readonly onEnded: (assignment: SessionAssignment, fate: Fate) => void;
}

/** As long as the product's, so that a host that dies is missed after as long; longer where leases are written less often. */
const leaseMs = ({ leaseEveryMs }: Pick<HostSettings, 'leaseEveryMs'>): number => Math.max(10_000, 5 * leaseEveryMs);

/** Nothing is spliced here. */
const socket = new Socket();
const noBytes = Buffer.alloc(0);

/** A host whose agent processes are fates: it takes calls, keeps records and leases, and may die with all of them. */
export class SimulatedHost {
  readonly settings: HostSettings;
  readonly address: string;
  isDraining = false;
  readonly #world: World;
  readonly #acting: Acting;
  readonly #clock: Clock;
  readonly #spool: SessionSpool;
  readonly #chance: Chance;
  readonly #calls = new Map<string, () => void>();
  #stopLease: () => void;
  #free: number;

  constructor(world: World, settings: HostSettings) {
    this.#world = world;
    this.settings = settings;
    this.address = `${settings.hostId}:1`;
    this.#acting = world.acting(settings.hostId);
    this.#free = settings.warm?.processes ?? Number.POSITIVE_INFINITY;
    this.#clock = world.processes.clockOf(this.#acting);
    this.#chance = world.chance.stream(settings.hostId);
    this.#spool = new SessionSpool({ log: silentCallLog, clock: this.#clock, sessions: world.org.sessions });
    this.#stopLease = every(this.#clock, settings.leaseEveryMs, () => void this.#writeLease());
    world.processes.run(this.#acting, () => void this.#writeLease());
  }

  get calls(): number {
    return this.#calls.size;
  }

  get isDead(): boolean {
    return this.#acting.isDead;
  }

  /** Sessions that it carries now. */
  get sessionIds(): readonly string[] {
    return [...this.#calls.keys()];
  }

  offer(assignment: SessionAssignment): HostAnswer {
    if (this.isDead) return { kind: 'failed', detail: 'ECONNREFUSED', maybeStarted: false };
    if (this.isDraining || this.#free === 0 || this.#calls.size >= this.settings.maxCalls)
      return { kind: 'refused', detail: '503 busy' };
    this.#free -= 1;
    this.#refill();
    this.#calls.set(assignment.sessionId, () => undefined);
    this.#world.processes.run(this.#acting, () => void this.#carry(assignment));
    return { kind: 'accepted', socket, head: noBytes };
  }

  /** Takes no new calls; the others go on. */
  drain(): void {
    if (this.isDraining) return;
    this.isDraining = true;
    this.#world.processes.run(this.#acting, () => void this.#writeLease());
  }

  /** Leaves in order, once its calls are over. */
  leave(): void {
    this.#stopLease();
    const { hostId, release } = this.settings;
    const lease = { hostId, service, releaseId: release };
    this.#world.processes.run(this.#acting, () => void this.#world.org.hosts.remove(lease).catch(ignore));
  }

  /** The machine is gone: its calls are cut, its records stay open, its lease runs out. @returns the calls that were cut */
  die(): readonly string[] {
    const cut = this.sessionIds;
    this.#acting.isDead = true;
    this.#stopLease();
    for (const end of this.#calls.values()) end();
    this.#calls.clear();
    return cut;
  }

  /** Dies after so many more writes, as if between two of them. */
  dieAfterWrites(writes: number, onDeath: () => void): void {
    this.#acting.writesLeft = writes;
    this.#acting.onCrash = onDeath;
  }

  /** The caller's way to the host is gone: the call ends, as one that the caller left. */
  hangUp(sessionId: string): void {
    const end = this.#calls.get(sessionId);
    if (end === undefined) return;
    end();
    this.#world.processes.run(
      this.#acting,
      () => void this.#end(sessionId, undefined, { afterMs: 0, outcome: 'abandoned' }),
    );
  }

  #refill(): void {
    const { warm, maxCalls } = this.settings;
    if (warm === undefined) return;
    this.#clock.after(warm.refillMs, () => {
      if (this.#free < warm.processes && this.#free + this.#calls.size < maxCalls) this.#free += 1;
    });
  }

  async #writeLease(): Promise<void> {
    const { hostId, release, maxCalls, warm } = this.settings;
    const activeSessions = this.#calls.size;
    const left = Math.max(0, maxCalls - activeSessions);
    await this.#world.org.hosts
      .write({
        hostId,
        service,
        releaseId: release,
        address: this.address,
        freeProcesses: Math.min(left, Math.max(0, this.#free)),
        activeSessions,
        warmTarget: warm?.processes ?? maxCalls,
        ready: true,
        draining: this.isDraining,
        leaseUntil: this.#clock.now() + leaseMs(this.settings),
      })
      .catch(ignore);
  }

  async #carry(assignment: SessionAssignment): Promise<void> {
    const { promotionId, probe, callerHash, sessionId } = assignment;
    const { fateOf, hostId, metrics } = this.settings;
    const fate = fateOf({ assignment, nowMs: this.#world.nowMs }, this.#chance);
    const endsAtMs = this.#world.nowMs + fate.afterMs;
    if (fate.unwritten !== 'all') {
      const countsInTest =
        promotionId === undefined || probe
          ? false
          : await this.#spool.claimFirstCall(promotionId, callerHash, sessionId);
      const record: SessionRecord = { assignment, hostId, overlayVersion: 0, configDigest: 'none', countsInTest };
      if (!(await this.#spool.open(record))) return void this.#calls.delete(sessionId);
      this.#repeatWhatWaits();
      metrics?.count(metricNames.callsStarted, assignment);
    }
    if (this.isDead || !this.#calls.has(sessionId)) return;
    const cancelVouch =
      fate.unwritten === undefined
        ? vouchAtWindow(assignment, { clock: this.#clock, log: silentCallLog, sessions: this.#spool })
        : ignore;
    const cancelEnd = this.#clock.after(endsAtMs - this.#world.nowMs, () => {
      cancelVouch();
      void this.#end(sessionId, assignment, fate);
    });
    this.#calls.set(sessionId, () => {
      cancelVouch();
      cancelEnd();
    });
  }

  async #end(sessionId: string, assignment: SessionAssignment | undefined, fate: Fate): Promise<void> {
    this.#calls.delete(sessionId);
    this.#refill();
    const { metrics, onEnded } = this.settings;
    if (fate.unwritten === undefined) {
      const { outcome, costUsd = 0.1 } = fate;
      if (assignment) metrics?.count(metricNames.callsEnded, assignment);
      if (assignment && outcome === 'failed') metrics?.count(metricNames.callsFailed, assignment);
      await this.#spool.close(sessionId, resultOf(outcome, costUsd, this.#clock.now()));
      this.#repeatWhatWaits();
    }
    if (assignment) onEnded(assignment, fate);
  }

  /** Most spools never have anything to repeat. */
  #repeatWhatWaits(): void {
    if (this.#spool.depth > 0) this.#spool.start();
  }
}

const ignore = (): void => undefined;

const resultOf = (outcome: SessionResult['outcome'], costUsd: number, nowMs: number): SessionResult => ({
  endedAt: timestampOf(nowMs),
  outcome,
  ...(outcome === 'failed' && { errorClass: 'tool' }),
  costUsd,
  turns: 4,
  slowTurns: 0,
});
