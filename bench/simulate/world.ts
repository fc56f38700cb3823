import type { HistoryEntry, Head } from '#core/version-set/head.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import type { ServiceSettings } from '#core/promotion/service-settings.ts';
import type { PromotionInput } from '#core/promotion/promotion-input.ts';
import type { Log, LogFields } from '#core/log.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import type { ItemChange } from '#memory/items.ts';
import { type MemoryOrg, openMemoryOrg } from '#memory/org.ts';
import type { CallLog } from '#runtime/log.ts';
import { Chance } from './chance.ts';
import { Chronicle } from './chronicle.ts';
import { service, set } from './names.ts';
import { Processes, type Acting } from './processes.ts';

export interface WorldSettings {
  readonly seed: number;
  /** How far the indexes of sessions are behind their table, in milliseconds. */
  readonly indexLagMs: number;
  /** What the org says of its service. */
  readonly baselineErrorRate: number;
  readonly expectedCallsPerMinute: number;
}

type Listener<T> = (change: ItemChange<T>) => void;

/** When every world begins. */
export const startMs = Date.UTC(2027, 0, 4, 12);

/** One org on virtual time: its stores, its clock, its chance, and what is told of it. */
export class World {
  readonly clock: ManualClock;
  readonly startMs = startMs;
  readonly chance: Chance;
  readonly chronicle: Chronicle;
  readonly processes: Processes;
  readonly org: MemoryOrg;
  readonly services: ServiceSettings;
  /** Faults that took effect, by their kind. */
  readonly struck = new Map<string, number>();
  readonly #heads: Listener<Head>[] = [];
  readonly #sessions: Listener<SessionRecord>[] = [];
  readonly #executions: ((input: PromotionInput) => void)[] = [];
  #holds = 0;

  constructor({ seed, indexLagMs, baselineErrorRate, expectedCallsPerMinute }: WorldSettings) {
    this.chance = new Chance(seed);
    this.clock = new ManualClock(startMs, { settle: () => this.#settle() });
    this.chronicle = new Chronicle(this.clock);
    this.services = [{ name: service, baselineErrorRate, expectedCallsPerMinute }];
    this.processes = new Processes(this.clock, this.chance.stream('wire').random, {
      onCrash: ({ name }, { store, key }) => {
        this.strike('crash');
        this.chronicle.tell(`${name} dies after it wrote ${store} ${shortened(key)}`);
      },
      onThrottled: () => this.strike('throttling'),
      onLostAnswer: () => this.strike('lost-answer'),
      onSlow: () => this.strike('race'),
    });
    this.org = openMemoryOrg({
      clock: this.clock,
      wire: this.processes.wire,
      random: this.chance.stream('writers').random,
      keys: { sessionKey: 'a-key-of-at-least-thirty-two-bytes!', telephonyAuthToken: 'telephony' },
      heads: { onChange: (change) => this.#heads.forEach((listener) => listener(change)) },
      sessions: { indexLagMs, onChange: (change) => this.#sessions.forEach((listener) => listener(change)) },
      executions: { onStart: (input) => this.#executions.forEach((listener) => listener(input)) },
      pools: { protectedTasks: (pool) => this.protectedTasks(pool) },
    });
  }

  /** Hosts of a pool that carry calls. */
  protectedTasks: (pool: string) => number = () => 0;

  get nowMs(): number {
    return this.clock.now();
  }

  /** Production's head as it stands, past the wire. */
  get head(): Head | undefined {
    return this.org.headItems.heads.peek(`${service}#${set}`);
  }

  onHead(listener: Listener<Head>): void {
    this.#heads.push(listener);
  }

  onSession(listener: Listener<SessionRecord>): void {
    this.#sessions.push(listener);
  }

  onExecution(listener: (input: PromotionInput) => void): void {
    this.#executions.push(listener);
  }

  strike(kind: string): void {
    this.struck.set(kind, (this.struck.get(kind) ?? 0) + 1);
  }

  /** Stops virtual time until the returned function is called: for work that takes real time, such as a signature. */
  hold(): () => void {
    this.#holds += 1;
    return () => {
      this.#holds -= 1;
    };
  }

  /** A process of its own, for a person, a host or an edge. */
  acting(name: string): Acting {
    return { name, isDead: false };
  }

  /** Everything that memory resolves is settled by the next turn of the event loop. */
  async #settle(): Promise<void> {
    do await nextTurn();
    while (this.#holds > 0);
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const shortened = (key: string): string => (key.length > 60 ? `${key.slice(0, 60)}…` : key);

const ignore = (): void => undefined;

/** What processes of the data plane log is told by nobody. */
export const silentCallLog: CallLog = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  with: () => silentCallLog,
};

/** Warnings and errors of functions are part of the chronicle. */
export const functionLog = ({ chronicle }: Pick<World, 'chronicle'>, name: string): Log => ({
  info: ignore,
  warn: (event, fields) => chronicle.tell(`${name} warns: ${event} ${textOf(fields)}`),
  error: (event, fields) => chronicle.tell(`${name} reports: ${event} ${textOf(fields)}`),
});

const textOf = (fields: LogFields | undefined): string =>
  Object.entries(fields ?? {})
    .map(([name, value]) => `${name}=${value instanceof Error ? value.message : String(value)}`)
    .join(' ')
    .slice(0, 300);

/** One line for a transition. */
export const transitionText = ({ revision, kind, by, from, to, reason }: HistoryEntry): string => {
  const place = ({ stable, candidate, weightPercent }: HistoryEntry['to']): string =>
    `${stable.slice(0, 6)}${candidate ? ` + ${candidate.slice(0, 6)} at ${weightPercent} %` : ''}`;
  return `head ${revision}: ${kind} by ${by}: ${from ? place(from) : 'nothing'} → ${place(to)} (${reason.slice(0, 160)})`;
};
