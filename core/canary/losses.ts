import type { TestArm } from '../words/arm.ts';
import { type EProcess, type EProcessState, createEProcess } from './e-process.ts';

/** Losses may differ by so much between the arms. */
const lossOptions = { side: 'at-most', margin: 0.02, baseline: 0.01 } as const;

/** Two arms compared by the calls that got lost in them after hand-over. */
export interface LossTest {
  observe(arm: TestArm, lost: boolean, rho: number): void;
  readonly logE: number;
  state(): LossTestState;
}

export interface LossTestState {
  readonly begun: boolean;
  readonly more: EProcessState;
}

/**
 * Evidence that the candidate loses more calls than stable. It begins after the first loss: nearly always there is none, and a test may
 * begin at any moment that does not look ahead.
 */
export const createLossTest = (logThreshold: number, from?: LossTestState): LossTest => {
  const more: EProcess = createEProcess({ ...lossOptions, logThreshold }, from?.more);
  let begun = from?.begun ?? false;
  return {
    observe(arm, lost, rho) {
      if (begun) more.observe(arm, lost, rho);
      begun ||= lost;
    },
    get logE() {
      return more.logE;
    },
    state: () => ({ begun, more: more.state() }),
  };
};
