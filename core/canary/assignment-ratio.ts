import type { TestArm } from '../words/arm.ts';

/** Pseudo-calls behind the expectation that the router keeps its weights. */
const expectationCalls = 100;
/** Weights that differ beyond this many are lumped into the last one: the state stays bounded. */
const mostWeights = 64;

interface WeightCounts {
  readonly rho: number;
  readonly stable: number;
  readonly candidate: number;
}

export interface AssignmentRatioState {
  readonly logE: number;
  readonly weights: readonly WeightCounts[];
}

export interface AssignmentRatio {
  observe(arm: TestArm, rho: number): void;
  readonly logE: number;
  state(): AssignmentRatioState;
}

/**
 * Sample-ratio mismatch: evidence that the router does not send `rho` of the callers to the candidate. Per weight, a
 * Dirichlet mixture around the stated share against that share (Lindon & Malek, "Anytime-valid inference for multinomial
 * count data", 2020); the product over weights is an e-process for "every weight is kept".
 */
export const createAssignmentRatio = (from?: AssignmentRatioState): AssignmentRatio => {
  let logE = from?.logE ?? 0;
  const weights = (from?.weights ?? []).map((counts) => ({ ...counts }));

  return {
    observe(arm, rho) {
      if (rho <= 0 || rho >= 1) return;
      let counts = weights.find((candidate) => candidate.rho === rho);
      if (!counts) {
        if (weights.length >= mostWeights) return;
        counts = { rho, stable: 0, candidate: 0 };
        weights.push(counts);
      }
      const stated = arm === 'candidate' ? rho : 1 - rho;
      const seen = arm === 'candidate' ? counts.candidate : counts.stable;
      const predicted = (expectationCalls * stated + seen) / (expectationCalls + counts.stable + counts.candidate);
      logE += Math.log(predicted / stated);
      if (arm === 'candidate') counts.candidate += 1;
      else counts.stable += 1;
    },
    get logE() {
      return logE;
    },
    state: () => ({ logE, weights: weights.map((counts) => ({ ...counts })) }),
  };
};
