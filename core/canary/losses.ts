import type { TestArm } from '../words/arm.ts';
import { type EProcess, type EProcessState, createEProcess } from './e-process.ts';

/** Losses may differ by so much between the arms. */
const lossOptions = { side: 'at-most', margin: 0.02, baseline: 0.01 } as const;

/** Two arms compared by what got lost in them, in both directions or for the candidate alone. */
export interface LossTest {
  observe(arm: TestArm, lost: boolean, rho: number): void;
  readonly logE: number;
  state(): LossTestState;
}

export interface LossTestState {
  readonly begun: boolean;
  readonly more: EProcessState;
  readonly fewer: EProcessState;
}

/**
 * Evidence that the candidate loses more calls than stable, or with `either` that one of them does. It begins after the first loss: nearly
 * always there is none, and a test may begin at any moment that does not look ahead.
 */
export const createLossTest = (
  direction: 'candidate' | 'either',
  logThreshold: number,
  from?: LossTestState,
): LossTest => {
  const make = (state?: EProcessState): EProcess => createEProcess({ ...lossOptions, logThreshold }, state);
  const more = make(from?.more);
  const fewer = make(from?.fewer);
  let begun = from?.begun ?? false;
  return {
    observe(arm, lost, rho) {
      if (begun) {
        more.observe(arm, lost, rho);
        if (direction === 'either') fewer.observe(arm === 'stable' ? 'candidate' : 'stable', lost, 1 - rho);
      }
      begun ||= lost;
    },
    get logE() {
      // Two directions share the evidence.
      return direction === 'either' ? Math.max(more.logE, fewer.logE) - Math.LN2 : more.logE;
    },
    state: () => ({ begun, more: more.state(), fewer: fewer.state() }),
  };
};
