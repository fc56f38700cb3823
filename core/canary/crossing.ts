import type { Strongest } from './combined-evidence.ts';
import type { Metrics } from './verdict.ts';

/** The first call at which the evidence reached its threshold. */
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
