import { z } from 'zod';

/** Guardrails that are Bernoulli: a call is bad or it is not. What is bad: `isBad` in outcome.ts. */
export const rateGuardrails = [
  'errorRate',
  'taskSuccess',
  'interventionRate',
  'slowTurnRate',
  'overBudgetRate',
] as const;
export type RateGuardrail = (typeof rateGuardrails)[number];

/** All guardrails in the order in which they are reported; `meanCost` is a bounded mean. */
export const guardrailNames = [...rateGuardrails, 'meanCost'] as const;
export type GuardrailName = (typeof guardrailNames)[number];

/** What a reader calls the bad event of a guardrail: "candidate fails 9 of 61 calls". */
export const guardrailVerbs: Readonly<Record<RateGuardrail, string>> = {
  errorRate: 'fails',
  taskSuccess: 'leaves the task undone in',
  interventionRate: 'hands over to a person in',
  slowTurnRate: 'is too slow in',
  overBudgetRate: 'goes over budget in',
};

interface GuardrailDefaults {
  readonly alphaWeight: number;
  readonly baselinePercent: number;
  /** Undefined: the margin of the plan. */
  readonly marginPercentagePoints?: number;
}

/** Defaults per guardrail: rates that are high by nature need wider margins to conclude in the same number of calls. */
export const guardrailDefaults: Readonly<Record<RateGuardrail, GuardrailDefaults>> = {
  errorRate: { alphaWeight: 20, baselinePercent: 5 },
  taskSuccess: { alphaWeight: 2, baselinePercent: 10, marginPercentagePoints: 5 },
  interventionRate: { alphaWeight: 1, baselinePercent: 10, marginPercentagePoints: 5 },
  slowTurnRate: { alphaWeight: 1, baselinePercent: 5, marginPercentagePoints: 5 },
  overBudgetRate: { alphaWeight: 1, baselinePercent: 5, marginPercentagePoints: 5 },
};

const alphaWeight = z.number().positive('must be above 0').max(1_000, 'must be at most 1000').optional();

export const marginPercentagePoints = z
  .number()
  .gt(0, 'must be above 0: a margin of 0 can never be shown to hold')
  .lt(100, 'must be below 100 percentage points');

/**
 * A guardrail that a plan names takes part in the decision; one that it does not name is measured and reported only.
 * `errorRate` takes part unless it is switched off.
 */
export const RateGuardrailInput = z.strictObject({
  /** @default true - a named guardrail decides */
  enabled: z.boolean().optional(),
  /** Worse by more than this aborts, shown not worse by this much clears. @default the plan's margin for errorRate, 5 for the others */
  marginPercentagePoints: marginPercentagePoints.optional(),
  /** Its part of alpha, relative to the other deciding guardrails. @default 20 for errorRate, 2 for taskSuccess, 1 for the others */
  alphaWeight,
  /** First guess of stable's bad rate, soon outweighed by its calls. @default 5 or 10 */
  baselinePercent: z.number().gt(0, 'must be above 0').lt(100, 'must be below 100').optional(),
});

/** Mean cost per call in US dollars; calls above the plan's `costCapUsd` count as the cap. */
export const MeanCostGuardrailInput = z.strictObject({
  /** @default true - a named guardrail decides */
  enabled: z.boolean().optional(),
  /** Dearer by more than this on average aborts. @default a tenth of `costCapUsd` */
  marginUsd: z.number().gt(0, 'must be above 0').optional(),
  /** @default 1 */
  alphaWeight,
  /** What a call of stable costs on average, for a forecast. @default a quarter of `costCapUsd` */
  baselineUsd: z.number().nonnegative('must be 0 or more').optional(),
});

export interface RateGuardrailPlan {
  readonly enabled: boolean;
  readonly marginPercentagePoints: number;
  readonly alphaWeight: number;
  readonly baselinePercent: number;
}

export interface MeanCostGuardrailPlan {
  readonly enabled: boolean;
  readonly marginUsd: number;
  readonly alphaWeight: number;
  readonly baselineUsd?: number;
}

export type GuardrailPlans = Readonly<Record<RateGuardrail, RateGuardrailPlan>> & {
  readonly meanCost: MeanCostGuardrailPlan;
};
