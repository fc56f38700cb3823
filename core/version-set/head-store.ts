import type { ReleaseId } from '../words/digest.ts';
import type { ServiceName, SetName } from '../words/names.ts';
import type { Command, ReleaseStanding } from './command.ts';
import type { Head } from './head.ts';
import type { TransitionResult } from './transition.ts';

/** Who moves the head, and when. */
export interface Mover {
  /** A person, role or component: `ci:deploy-bot`, `lambda:analyze`. */
  readonly by: string;
  /** @default - now */
  readonly at?: Date;
}

export interface HeadStore {
  /** Strongly consistent. @returns undefined when the set has no release yet */
  readonly read: (service: ServiceName, set: SetName) => Promise<Head | undefined>;
  /** The heads of a service, by set name; at most 200 sets. */
  readonly list: (service: ServiceName) => Promise<readonly Head[]>;
  /**
   * What is said of a release: by the registry, and by every transition of the service that bars it and has not been carried out.
   * It is asked before a release comes before callers.
   */
  readonly standing: (service: ServiceName, release: ReleaseId) => Promise<ReleaseStanding>;
  /**
   * Reads, decides, and writes with one conditional update; loses a race, decides again on the new head. Safe to repeat.
   * A refusal is a return value.
   * @throws LastgoodError `revision-conflict` (retryable) after 100 lost races, some 10 seconds, `aws-failed`
   */
  readonly apply: (service: ServiceName, set: SetName, command: Command, mover: Mover) => Promise<TransitionResult>;
}
