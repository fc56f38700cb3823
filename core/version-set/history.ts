import type { ServiceName, SetName } from '../words/names.ts';
import type { HistoryEntry } from './head.ts';

export interface History {
  /**
   * Newest first, from the entry that the head itself carries.
   * @param limit @default 100
   * @throws LastgoodError `internal` when an entry is missing: history has no gap (invariant 4)
   */
  readonly list: (service: ServiceName, set: SetName, limit?: number) => Promise<readonly HistoryEntry[]>;
  /** What ran at a moment: the latest entry at or before it. @returns undefined when the set was empty then */
  readonly at: (service: ServiceName, set: SetName, moment: Date) => Promise<HistoryEntry | undefined>;
}
