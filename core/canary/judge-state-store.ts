import type { PromotionId } from '../words/ids.ts';
import type { SavedAnalysis } from './saved-analysis.ts';
import type { SuspicionState } from './suspicion.ts';

/** What a judge kept of a comparison, or a watch of its suspicion. */
export interface KeptState {
  readonly version: number;
  /** For whoever kept it, and checks it. @default - what is stored is damaged */
  readonly state?: unknown;
}

/** One state per comparison or watch, for all who judge it. */
export interface JudgeStateStore {
  readonly read: (id: PromotionId) => Promise<KeptState | undefined>;
  /**
   * Puts a state in the place of version `after`, 0 for none.
   * @returns false when another version stands there: another judge came first, and what it kept stays
   * @throws LastgoodError `invalid-input` when the state does not fit into one item of a table
   */
  readonly keep: (id: PromotionId, state: SavedAnalysis | SuspicionState, after: number) => Promise<boolean>;
}
