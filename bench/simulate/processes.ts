import { AsyncLocalStorage } from 'node:async_hooks';
import { type Clock, pause } from '#core/clock.ts';
import type { LastgoodError } from '#core/errors.ts';
import { awsFailure, type Operation, throttled, type Wire } from '#memory/wire.ts';

/** Somebody who reads and writes: an invocation of a function, a host, an edge, a person. */
export interface Acting {
  readonly name: string;
  /** Once dead it does nothing any more: what it waits for never comes. */
  isDead: boolean;
  /** Writes until it dies, right after the last of them took effect. @default - it does not die of that */
  writesLeft?: number;
  /** Told when it died of its writes. */
  onCrash?: () => void;
}

/** What the wire does to operations while the weather is bad. */
export interface Weather {
  /** Probability that an operation is refused as above its throughput. */
  throttling: number;
  /** Probability that a write takes effect and its writer is told that it failed. */
  lostAnswers: number;
  /** Most milliseconds that an operation on a head or its history is on its way: writers race. */
  slowHeadsMs: number;
}

export interface WireReport {
  readonly onCrash: (acting: Acting, operation: Operation) => void;
  readonly onThrottled: () => void;
  readonly onLostAnswer: () => void;
  readonly onSlow: () => void;
}

const never = new Promise<never>(() => undefined);
const calm = Promise.resolve();

/** Who acts now, and what the wire does to it. */
export class Processes {
  readonly weather: Weather = { throttling: 0, lostAnswers: 0, slowHeadsMs: 0 };
  readonly wire: Wire;
  /** Epoch milliseconds: since then every operation has gone through at once. */
  stormyUntilMs = 0;
  readonly #storage = new AsyncLocalStorage<Acting>();
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #report: WireReport;

  constructor(clock: Clock, random: () => number, report: WireReport) {
    this.#clock = clock;
    this.#random = random;
    this.#report = report;
    this.wire = { before: (operation) => this.#before(operation), after: (operation) => this.#after(operation) };
  }

  run<T>(acting: Acting, work: () => T): T {
    return this.#storage.run(acting, work);
  }

  /** The clock as a process sees it: ahead by `skewMs`, and without its timers once it is dead. */
  clockOf(acting: Acting, skewMs: () => number = () => 0): Clock {
    const clock = this.#clock;
    return {
      now: () => clock.now() + skewMs(),
      after: (delayMs, task) =>
        clock.after(delayMs, () => {
          if (!acting.isDead) this.run(acting, task);
        }),
    };
  }

  #before(operation: Operation): Promise<void> {
    const acting = this.#storage.getStore();
    if (acting?.isDead) return never;
    const { throttling, slowHeadsMs } = this.weather;
    // The world itself has no wire.
    if (acting === undefined || (throttling === 0 && slowHeadsMs === 0)) return calm;
    this.stormyUntilMs = this.#clock.now();
    return this.#delayed(operation, acting);
  }

  async #delayed(operation: Operation, acting: Acting): Promise<void> {
    const { throttling, slowHeadsMs } = this.weather;
    if (slowHeadsMs > 0 && (operation.store === 'heads' || operation.store === 'history')) {
      this.#report.onSlow();
      await pause(this.#clock, this.#random() * slowHeadsMs);
      if (acting.isDead) await never;
    }
    if (throttling > 0 && this.#random() < throttling) {
      this.#report.onThrottled();
      throw throttled(operation);
    }
  }

  #after(operation: Operation): Promise<void> {
    const acting = this.#storage.getStore();
    if (operation.kind === 'read' || acting === undefined) return calm;
    if (acting.writesLeft !== undefined) {
      acting.writesLeft -= 1;
      if (acting.writesLeft <= 0) return this.#crash(acting, operation);
    }
    if (this.weather.lostAnswers > 0 && this.#random() < this.weather.lostAnswers) {
      this.#report.onLostAnswer();
      return Promise.reject(answerLost(operation));
    }
    return calm;
  }

  #crash(acting: Acting, operation: Operation): Promise<never> {
    acting.isDead = true;
    this.#report.onCrash(acting, operation);
    acting.onCrash?.();
    return never;
  }
}

const answerLost = ({ store }: Operation): LastgoodError =>
  awsFailure(
    { service: 'DynamoDB', operation: 'UpdateItem', name: 'InternalServerError' },
    `the answer of the table of ${store} was lost`,
    true,
  );
