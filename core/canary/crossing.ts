import type { Strongest } from './combined-evidence.ts';
import type { Metrics } from './verdict.ts';

/** The call at which the evidence reached its threshold; an abort replaces a promotion, nothing replaces an abort. */
export interface Crossing {
  readonly kind: 'abort' | 'promote';
  /** The horizon whose call decided, by its place; and the call's place in order of start. */
  readonly track: number;
  readonly callIndex: number;
  readonly atMs: number;
  readonly logEAbort: number;
  readonly logEPromote: number;
  readonly strongest: Strongest;
  readonly metrics: Metrics;
  readonly exampleCallIds: readonly string[];
}
