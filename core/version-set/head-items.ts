import type { ReleaseId } from '../words/digest.ts';
import type { ServiceName, SetName } from '../words/names.ts';
import type { ReleaseStanding } from './command.ts';
import type { Head, HistoryEntry } from './head.ts';

/** The single reads and conditional writes that heads are made of. Each is atomic; together they are not. */
export interface HeadItems {
  /** Strongly consistent. */
  readonly read: (service: ServiceName, set: SetName) => Promise<Head | undefined>;
  /** By set name; at most 200. */
  readonly list: (service: ServiceName) => Promise<readonly Head[]>;
  readonly standing: (release: ReleaseId) => Promise<ReleaseStanding>;
  /** Stores the entry of this head's revision as history; one that is there stays. */
  readonly archive: (head: Head) => Promise<void>;
  /** At most `limit` of the stored entries, from revision `newest` downwards: those that are there, holes included. */
  readonly archived: (service: ServiceName, set: SetName, newest: number, limit: number) => AsyncIterable<HistoryEntry>;
  /**
   * Writes the next revision if `from` still stands, `undefined` for "there is none". A lease renewed since `from` was read
   * may fall back to its older end: exposure errs towards less, and the next renewal repairs it.
   * @returns false when it does not stand
   */
  readonly replace: (from: Head | undefined, to: Head) => Promise<boolean>;
  /** Revision up to which what follows the entries has been carried out; 0 when nobody has settled any. Strongly consistent. */
  readonly settled: (service: ServiceName, set: SetName) => Promise<number>;
  /** Raises that mark; it is never lowered. */
  readonly settle: (service: ServiceName, set: SetName, revision: number) => Promise<void>;
  /** Writes `exposureUntil` alone, under the same revision and promotion, and never shortens it. */
  readonly renew: (head: Head) => Promise<boolean>;
}
