import { type Clock } from '#core/clock.ts';
import { isLastgoodError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import type { Acting } from './processes.ts';
import { functionLog, type World } from './world.ts';

/** A function as AWS Lambda runs it failed for a reason of the platform's own: it died, took too long or is down. */
export class FunctionFailed extends Error {}

/** What is given to a function at its first invocation. */
export interface FunctionParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly by: string;
}

export interface FunctionSettings<Event, Answer> {
  readonly name: string;
  readonly timeoutMs: number;
  readonly create: (parts: FunctionParts) => (event: Event) => Promise<Answer>;
}

/** What happens to functions when somebody wants it so. */
export interface FunctionFaults {
  /** Functions that cannot be invoked now. */
  readonly isDown: (name: string) => boolean;
  /** How far ahead the clock of a new instance is, in milliseconds. */
  readonly skewMs: () => number;
  /** The write after which the invocation that begins now dies. @returns undefined when it does not */
  readonly crashAfterWrites: (name: string) => number | undefined;
}

export const noFunctionFaults: FunctionFaults = {
  isDown: () => false,
  skewMs: () => 0,
  crashAfterWrites: () => undefined,
};

/** One instance at a time: what it remembers is lost when it dies or takes too long. */
export class SimulatedFunction<Event, Answer> {
  readonly #world: World;
  readonly #settings: FunctionSettings<Event, Answer>;
  readonly #faults: () => FunctionFaults;
  #instance: ((event: Event) => Promise<Answer>) | undefined;

  constructor(world: World, settings: FunctionSettings<Event, Answer>, faults: () => FunctionFaults) {
    this.#world = world;
    this.#settings = settings;
    this.#faults = faults;
  }

  /** @throws FunctionFailed, or what the function throws */
  invoke(event: Event): Promise<Answer> {
    const { name, timeoutMs } = this.#settings;
    const faults = this.#faults();
    if (faults.isDown(name)) return Promise.reject(new FunctionFailed(`${name} cannot be invoked`));
    const instance = (this.#instance ??= this.#create(faults.skewMs()));
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        this.#instance = undefined;
        reject(new FunctionFailed(`${name} ${why}`));
      };
      const cancel = this.#world.clock.after(timeoutMs, () => {
        acting.isDead = true;
        fail(`was ended after ${timeoutMs} ms`);
      });
      const acting: Acting = { name, isDead: false };
      const writesLeft = faults.crashAfterWrites(name);
      if (writesLeft !== undefined) {
        acting.writesLeft = writesLeft;
        acting.onCrash = () => {
          cancel();
          fail('died');
        };
      }
      this.#world.processes
        .run(acting, () => instance(event))
        .then(resolve, reject)
        .finally(cancel);
    });
  }

  #create(skewMs: number): (event: Event) => Promise<Answer> {
    const { name, create } = this.#settings;
    const { clock } = this.#world;
    const skewed: Clock = skewMs === 0 ? clock : { now: () => clock.now() + skewMs, after: clock.after };
    return create({ clock: skewed, log: functionLog(this.#world, name), by: `lambda:${name}` });
  }
}

/** Errors after which the same step may simply be tried again, as the workflow's retry rule has it. */
export const isTransient = (error: unknown): boolean =>
  error instanceof FunctionFailed || (isLastgoodError(error) && error.retryable);
