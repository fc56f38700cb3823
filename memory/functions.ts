import type { Functions } from '#core/promotion/functions.ts';
import { awsFailure, type MemoryOptions, operate } from './wire.ts';

/** Lambda's own default of concurrent executions in an account. */
const maxRunning = 1_000;

export interface MemoryFunctions extends Functions {
  /** Adds a function, or replaces it. */
  readonly add: (name: string, run: () => Promise<void>) => void;
}

/** @param onError told what a function threw; whoever asked never hears of it */
export const memoryFunctions = (
  { wire }: MemoryOptions,
  onError: (name: string, error: unknown) => void,
): MemoryFunctions => {
  const functions = new Map<string, () => Promise<void>>();
  let running = 0;
  const start = (name: string, run: () => Promise<void>): void => {
    running += 1;
    const ended = () => {
      running -= 1;
    };
    Promise.resolve()
      .then(run)
      .catch((error: unknown) => onError(name, error))
      .finally(ended);
  };
  const refused = (name: string, problem: string, isRetryable: boolean) =>
    awsFailure({ service: 'Lambda', operation: 'Invoke', name }, problem, isRetryable);
  return {
    add: (name, run) => functions.set(name, run),
    ask: (name) =>
      operate(wire, { store: 'functions', kind: 'write', key: name }, () => {
        const run = functions.get(name);
        if (run === undefined) throw refused('ResourceNotFoundException', `there is no function ${name}`, false);
        if (running >= maxRunning)
          throw refused('TooManyRequestsException', `${maxRunning} functions run already`, true);
        start(name, run);
      }),
  };
};
