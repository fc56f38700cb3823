import type { SessionAssignment } from '#core/session/session-record.ts';
import type { Ticket } from '#core/session/tokens.ts';
import { digestOf } from '#core/words/digest.ts';
import { SessionId, TraceId } from '#core/words/ids.ts';
import type { Chance } from './chance.ts';
import type { SimulatedEdge } from './edge.ts';
import type { Fate } from './fates.ts';
import type { Fleet } from './fleet.ts';
import { customerId, service, set } from './names.ts';
import type { World } from './world.ts';

export interface CallerSettings {
  /** Calls of new callers per minute at a moment. */
  readonly callsPerMinute: (nowMs: number) => number;
  /** Share of callers that have called before. @default 0 */
  readonly returning?: number;
}

/** How somebody rings again whose call failed. */
export interface Redial {
  readonly probability: number;
  readonly afterMs: number;
  readonly mostTimes: number;
}

/** Callers that are remembered, to come back. */
const mostRemembered = 500;
const traceId = TraceId.parse('0'.repeat(32));

/** People who call: as they please, some again, some again and again. */
export class Callers {
  calls = 0;
  /** Calls that found no process. */
  unserved = 0;
  redial: Redial = { probability: 0, afterMs: 10_000, mostTimes: 0 };
  readonly #world: World;
  readonly #edges: readonly SimulatedEdge[];
  readonly #settings: CallerSettings;
  readonly #chance: Chance;
  readonly #known: string[] = [];
  readonly #redials = new Map<string, number>();
  #isOver = false;

  constructor(world: World, edges: readonly SimulatedEdge[], fleet: Fleet, settings: CallerSettings) {
    this.#world = world;
    this.#edges = edges;
    this.#settings = settings;
    this.#chance = world.chance.stream('callers');
    fleet.onEnded((assignment, fate) => this.#ended(assignment, fate));
    this.#scheduleNext();
  }

  /** Nobody calls any more. */
  stop(): void {
    this.#isOver = true;
  }

  /** Somebody calls now. @param caller @default - somebody new, or somebody who comes back */
  call(caller: string = this.#somebody()): void {
    this.calls += 1;
    const alive = this.#edges.filter(({ isDead }) => !isDead);
    const edge = this.#chance.pick(alive);
    if (edge === undefined) {
      this.unserved += 1;
      return;
    }
    const ticket: Ticket = {
      sessionId: SessionId.parse(`call-${String(this.calls).padStart(8, '0')}`),
      traceId,
      service,
      set,
      customerId,
      affinityKey: caller,
      channel: 'phone',
    };
    void this.#take(edge, ticket);
  }

  async #take(edge: SimulatedEdge, ticket: Ticket): Promise<void> {
    if (!(await edge.take(ticket))) this.unserved += 1;
  }

  #scheduleNext(): void {
    if (this.#isOver) return;
    const perMinute = this.#settings.callsPerMinute(this.#world.nowMs);
    const delayMs = perMinute > 0 ? Math.round(this.#chance.exponential(60_000 / perMinute)) : 250;
    this.#world.clock.after(delayMs, () => {
      if (this.#isOver) return;
      if (perMinute > 0) this.call();
      this.#scheduleNext();
    });
  }

  #somebody(): string {
    const { returning = 0 } = this.#settings;
    const known = returning > 0 && this.#chance.isTrue(returning) ? this.#chance.pick(this.#known) : undefined;
    if (known !== undefined) return known;
    const caller = digestOf(`caller ${this.calls}`);
    if (returning > 0) this.#known[this.calls % mostRemembered] = caller;
    return caller;
  }

  #ended({ callerHash }: SessionAssignment, { outcome }: Fate): void {
    const { probability, afterMs, mostTimes } = this.redial;
    if (outcome !== 'failed' || probability === 0 || this.#isOver) return;
    const times = this.#redials.get(callerHash) ?? 0;
    if (times >= mostTimes || !this.#chance.isTrue(probability)) return;
    this.#redials.set(callerHash, times + 1);
    this.#world.clock.after(afterMs * this.#chance.between(0.5, 1.5), () => {
      if (!this.#isOver) this.call(callerHash);
    });
  }
}
