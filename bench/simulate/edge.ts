import { type Clock, every } from '#core/clock.ts';
import type { SessionAssignment } from '#core/session/session-record.ts';
import type { Ticket } from '#core/session/tokens.ts';
import { Dispatcher } from '#runtime/edge/dispatcher.ts';
import { HeadCache } from '#runtime/edge/head-cache.ts';
import { HostCache } from '#runtime/edge/host-cache.ts';
import { HostChoice } from '#runtime/edge/host-choice.ts';
import { recordLostCalls } from '#runtime/edge/lost-calls.ts';
import { WaitQueue } from '#runtime/edge/wait-queue.ts';
import { SessionSpool } from '#runtime/session-spool.ts';
import type { Fleet } from './fleet.ts';
import { service, set } from './names.ts';
import type { Acting } from './processes.ts';
import { silentCallLog, type World } from './world.ts';

export interface EdgeSettings {
  readonly edgeId: string;
  /** How far ahead its clock is now. */
  readonly skewMs: () => number;
  readonly readHostsEveryMs: number;
  /** True for callers whom every host refuses. @default - nobody is refused */
  readonly isRefused?: (sessionId: string) => boolean;
  readonly onStarted: (edgeId: string, assignment: SessionAssignment) => void;
}

/** As the product's edge reads heads; here it reads when there is something new to see, on the same moments. */
const readEveryMs = 500;
const maxPending = 100;
const maxWaitMs = 5_000;

/** The product's caches, choice, queue and dispatcher, in front of simulated hosts. */
export class SimulatedEdge {
  readonly settings: EdgeSettings;
  /** Epoch milliseconds since which it has not read the head that stands; undefined while it knows it. */
  behindSinceMs: number | undefined;
  readonly #world: World;
  readonly #acting: Acting;
  readonly #clock: Clock;
  readonly #heads: HeadCache;
  readonly #hosts: HostCache;
  readonly #dispatcher: Dispatcher;
  readonly #signal = new AbortController();
  #isReading = false;

  constructor(world: World, fleet: Fleet, settings: EdgeSettings) {
    this.#world = world;
    this.settings = settings;
    this.#acting = world.acting(settings.edgeId);
    const clock = world.processes.clockOf(this.#acting, settings.skewMs);
    this.#clock = clock;
    const log = silentCallLog;
    this.#heads = new HeadCache({ reader: world.org.heads, clock, log });
    this.#hosts = new HostCache({ directory: world.org.hosts, clock, log });
    const sessions = new SessionSpool({ log, clock, sessions: world.org.sessions });
    const recordLost = recordLostCalls({ sessions, clock, log, writer: `edge:${settings.edgeId}` });
    // Tokens are handed over as they are: nobody between an edge and a host forges any here.
    const assignments = new Map<string, SessionAssignment>();
    this.#dispatcher = new Dispatcher({
      clock,
      sign: async (assignment) => {
        assignments.set(assignment.sessionId, assignment);
        return assignment.sessionId;
      },
      heads: this.#heads,
      hosts: this.#hosts,
      choice: new HostChoice(clock, world.chance.stream(settings.edgeId).random),
      queue: new WaitQueue({ clock, maxPending, maxWaitMs }),
      offerCall: async ({ address, token }) => {
        const assignment = assignments.get(token);
        assignments.delete(token);
        if (assignment === undefined || settings.isRefused?.(token)) return { kind: 'refused', detail: '503 busy' };
        const answer = fleet.offer(address, assignment);
        if (answer.kind === 'accepted') settings.onStarted(settings.edgeId, assignment);
        return answer;
      },
      onLost: (lost) => {
        void recordLost(lost);
        if (sessions.depth > 0) sessions.start();
      },
    });
    every(clock, settings.readHostsEveryMs, () => void this.#readHosts());
    world.onHead(() => this.#headMoved());
    world.processes.run(this.#acting, () => void this.#readAll());
  }

  get isDead(): boolean {
    return this.#acting.isDead;
  }

  /** Revision that decides new calls here. */
  get revision(): number {
    return this.#heads.current(service, set)?.revision ?? 0;
  }

  /** Brings a caller to a process. @returns whether one took the call */
  async take(ticket: Ticket): Promise<boolean> {
    if (this.isDead) return false;
    const acceptedAt = this.#clock.now();
    const call = { ticket, headers: {}, signal: this.#signal.signal, log: silentCallLog, acceptedAt };
    const dispatched = await this.#world.processes.run(this.#acting, () => this.#dispatcher.dispatch(call));
    return dispatched.kind === 'started';
  }

  /** The task is gone, with its queue. */
  die(): void {
    this.#acting.isDead = true;
    this.#signal.abort();
  }

  async #readAll(): Promise<void> {
    await this.#heads.get(service, set);
    await this.#readHosts();
  }

  async #readHosts(): Promise<void> {
    this.#watchHosts();
    await this.#hosts.refresh();
  }

  #watchHosts(): void {
    for (const { stable, lastGood, candidate } of this.#heads.heads) {
      for (const release of [stable, lastGood, ...(candidate ? [candidate.release] : [])])
        this.#hosts.watch(service, release);
    }
  }

  #headMoved(): void {
    if (this.isDead) return;
    this.behindSinceMs ??= this.#world.nowMs;
    if (this.#isReading) return;
    this.#isReading = true;
    this.#clock.after(readEveryMs - (this.#world.nowMs % readEveryMs), () => void this.#readHead());
  }

  /** Again on the next moment while the read fails or the head has moved on. */
  async #readHead(): Promise<void> {
    const failed = this.#heads.failedReads;
    const sinceMs = this.#world.nowMs;
    await this.#heads.refresh();
    await this.#readHosts();
    this.#isReading = false;
    const moved = (this.behindSinceMs ?? 0) > sinceMs || this.revision < (this.#world.head?.revision ?? 0);
    this.behindSinceMs = undefined;
    if (moved || this.#heads.failedReads > failed) this.#headMoved();
  }
}
