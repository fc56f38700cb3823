import type { TestArm } from '../words/arm.ts';
import { type BoundedMean, type BoundedMeanState, type Sums, createBoundedMean } from './bounded-mean.ts';
import type { Wiring } from './guardrail-wiring.ts';
import { type CallOutcome, countedCostUsd } from './outcome.ts';
import { type Standing, standing } from './reading.ts';

export interface CostTestState {
  readonly abort: BoundedMeanState;
  readonly promote: BoundedMeanState;
  /** Costs that were measured. */
  readonly costs: Readonly<Record<TestArm, Sums>>;
}

/** Mean cost in both directions. */
export interface CostTest {
  readonly abort: BoundedMean;
  readonly promote: BoundedMean;
  readonly costs: Readonly<Record<TestArm, Sums>>;
  observe(call: CallOutcome, at: Standing, arm: TestArm, rho: number): void;
  state(): CostTestState;
}

/**
 * A call that goes on beyond W costs something up to the cap, and what came out later was not known at W: against an abort it counts
 * nothing, against a promotion the cap, and a lost call counts whatever is worse for what would be decided.
 */
export const createCostTest = (costCapUsd: number, wiring: Wiring, from?: CostTestState): CostTest => {
  const abort = createBoundedMean(wiring.cost('at-most'), from?.abort);
  const promote = createBoundedMean(wiring.cost('at-least'), from?.promote);
  const sumsOf = (arm: TestArm): { n: number; sum: number } => ({ ...(from?.costs[arm] ?? { n: 0, sum: 0 }) });
  const costs = { stable: sumsOf('stable'), candidate: sumsOf('candidate') };
  const both = (arm: TestArm, rho: number, forAbort: number, forPromotion: number): void => {
    abort.observe(arm, forAbort, rho);
    promote.observe(arm, forPromotion, rho);
  };
  return {
    abort,
    promote,
    costs,
    observe(call, at, arm, rho) {
      if (at === standing.ended) {
        const known = countedCostUsd(call, { costCapUsd });
        if (known === undefined) return;
        both(arm, rho, known, known);
        costs[arm].n += 1;
        costs[arm].sum += known;
        return;
      }
      const mayCostAll = arm === 'candidate' || at === standing.alive;
      both(arm, rho, arm === 'stable' ? costCapUsd : 0, mayCostAll ? costCapUsd : 0);
    },
    state: () => ({
      abort: abort.state(),
      promote: promote.state(),
      costs: { stable: { ...costs.stable }, candidate: { ...costs.candidate } },
    }),
  };
};
