import type { PromotionId } from '../words/ids.ts';
import type { SavedAnalysis } from './saved-analysis.ts';

/** What a judge kept of a comparison. */
export interface KeptState {
  readonly version: number;
  /** For `restoreAnalysis`, which checks it. @default - what is stored is damaged */
  readonly state?: unknown;
}

/** One state per comparison, for all judges of it. */
export interface JudgeStateStore {
  readonly read: (comparisonId: PromotionId) => Promise<KeptState | undefined>;
  /**
   * Puts a state in the place of version `after`, 0 for none.
   * @returns false when another version stands there: another judge came first, and what it kept stays
   * @throws LastgoodError `invalid-input` when the state does not fit into one item of a table
   */
  readonly keep: (comparisonId: PromotionId, state: SavedAnalysis, after: number) => Promise<boolean>;
}
