import { join } from 'node:path';
import { LastgoodError } from '#core/errors.ts';
import type { Clock } from './clock.ts';
import { type Scope, scopeKey } from './http/scope.ts';
import type { Processes } from './processes/processes.ts';

/** One line that something in the embedded cloud wrote. */
export interface CloudLogEntry {
  readonly at: number;
  /** `cloud` for the emulator itself. */
  readonly source: 'cloud' | 'lambda' | 'task';
  readonly level: 'info' | 'warn' | 'error';
  /** Absent for lines of the whole cloud. */
  readonly scope?: Scope;
  /** Function name, task family or part of the emulator. */
  readonly name: string;
  readonly line: string;
}

export type CloudLog = (entry: CloudLogEntry) => void;

/** What every service of the embedded cloud is given. */
export interface CloudContext {
  readonly clock: Clock;
  readonly log: CloudLog;
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: () => string;
  /** Working directory of tasks, as WORKDIR of their image. */
  readonly projectRoot: string;
  /** Folder for bodies that do not fit in memory: the data folder, or a temporary one. */
  readonly folder: string;
  /** True when `folder` outlives the cloud. */
  readonly durable: boolean;
  readonly processes: Processes;
}

/** File of a service's state in one account and region; undefined when nothing shall outlive the cloud. */
export const statePath = (context: CloudContext, scope: Scope, file: string): string | undefined =>
  context.durable ? join(context.folder, scopeKey(scope), file) : undefined;

/** State per account and region, made when first needed. */
export interface PerScope<T> {
  get(scope: Scope): T;
  values(): IterableIterator<T>;
  entries(): IterableIterator<readonly [Scope, T]>;
}

/** A machine serves a handful of orgs; more scopes than this is a client with broken credentials. */
const maxScopes = 500;

export const perScope = <T>(make: (scope: Scope) => T): PerScope<T> => {
  const states = new Map<string, readonly [Scope, T]>();
  return {
    get: ({ account, region }) => {
      const key = scopeKey({ account, region });
      const known = states.get(key);
      if (known) return known[1];
      if (states.size >= maxScopes)
        throw new LastgoodError('busy', `This embedded cloud holds ${maxScopes} accounts and regions, its limit.`);
      const scope = { account, region };
      const state = make(scope);
      states.set(key, [scope, state]);
      return state;
    },
    values: function* () {
      for (const [, state] of states.values()) yield state;
    },
    entries: () => states.values(),
  };
};
