import { z } from 'zod';
import { parseOrThrow } from '../parse.ts';
import { HoldbackPercent } from '../words/arm.ts';
import {
  type GuardrailPlans,
  MeanCostGuardrailInput,
  RateGuardrailInput,
  type RateGuardrail,
  type RateGuardrailPlan,
  guardrailDefaults,
  guardrailNames,
  marginPercentagePoints,
  rateGuardrails,
} from './guardrail.ts';

const positiveMinutes = (max: number) =>
  z.number().gt(0, 'must be above 0 minutes').max(max, `must be at most ${max} minutes`);

const horizonWeight = () => z.number().gt(0, 'must be above 0').max(1, 'must be at most 1');

/** One step of exposure, held for its bake time at least. */
export const CanaryStep = z.strictObject({
  /** Share of new callers that meet the candidate during this step. */
  weightPercent: z.number().gt(0, 'must be above 0').max(100, 'must be at most 100'),
  /** Least time in this step before exposure may grow; fractions are fine. @default 10 */
  bakeMinutes: z
    .number()
    .nonnegative('must be 0 or more minutes')
    .max(10_080, 'must be at most 10080 minutes')
    .default(10),
});

export const Horizon = z.strictObject({
  /** What is known this long after a call's start counts. */
  seconds: z.number().gt(0, 'must be above 0 seconds').max(14_400, 'must be at most 14400 seconds'),
  /** Its part of the error rate's evidence. */
  weight: horizonWeight(),
  /**
   * Upper bound on the share of calls that stable fails later than this and within W, in percent; fixed before the canary, because a
   * release that fails as often as stable, only sooner, is not worse. @default 1.2 times stable's error rate plus 1
   */
  laterPercent: z.number().nonnegative('must be 0 or more').lt(100, 'must be below 100').optional(),
});

const rates = Object.fromEntries(rateGuardrails.map((name) => [name, RateGuardrailInput.optional()])) as Record<
  RateGuardrail,
  z.ZodOptional<typeof RateGuardrailInput>
>;

export const PlanInput = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'must be kebab-case: lower-case letters, digits and single hyphens')
    .max(64, 'must have at most 64 characters'),
  /** One sentence for people. */
  description: z.string().max(500, 'must have at most 500 characters').optional(),
  /** `canary`: step by step. `blue-green`: all callers at once but the holdback, which they are compared with. @default canary */
  kind: z.enum(['canary', 'blue-green'], 'must be canary or blue-green').default('canary'),
  /** How exposure grows, step by step. */
  steps: z.array(CanaryStep).min(1, 'must have at least one step').max(20, 'must have at most 20 steps'),
  /** Bound on the probability that a harmless release is ever aborted. @default 0.05 */
  alpha: z.number().gt(0, 'must be above 0').lt(1, 'must be below 1').default(0.05),
  /** @default 2 */
  marginPercentagePoints: marginPercentagePoints.default(2),
  /** Without a verdict by then the canary gives up and exposure returns to 0. @default 1440 (a day) */
  deadlineMinutes: positiveMinutes(43_200).default(1_440),
  /** W, the longest horizon: only what happens within W of a call's start counts, so that both arms are judged on equal time. @default 10 */
  outcomeWindowMinutes: positiveMinutes(240).default(10),
  /**
   * Shorter horizons of the error rate, in growing order: a release that fails soon is found soon. Empty: W alone.
   * @default 20 s and 2 min with weight 0.08 each, those that are at most half of W
   */
  horizons: z.array(Horizon).max(4, 'must be at most 4 horizons').optional(),
  /** Weight of W; all weights add up to 1. @default what the shorter horizons leave */
  windowWeight: horizonWeight().optional(),
  /** Without new evidence for this long the verdict is `unknown`: exposure freezes, and its lease ends. @default 30, or twice W if longer */
  evidenceDeadlineMinutes: positiveMinutes(10_080).optional(),
  /** Candidate calls known in a step before exposure grows. @default 5 */
  minimumCallsToAdvance: z.int().nonnegative().max(1_000_000).default(5),
  /** Candidate calls known before `promote` may be said. @default 30 */
  minimumCallsToPromote: z.int().nonnegative().max(1_000_000).default(30),
  /** Most that one call counts in the mean cost. @default 1 */
  costCapUsd: z.number().gt(0, 'must be above 0').max(10_000, 'must be at most 10000').default(1),
  /** A call dearer than this is over budget. @default costCapUsd */
  budgetUsd: z.number().gt(0, 'must be above 0').optional(),
  /** Share of slow turns that makes a call slow; 5 means "its 95th percentile is above the latency budget". @default 5 */
  slowTurnsPercent: z.number().nonnegative().lt(100, 'must be below 100').default(5),
  /** Bound on the probability of suspecting a sound router. @default 0.001 */
  assignmentAlpha: z.number().gt(0, 'must be above 0').lt(1, 'must be below 1').default(0.001),
  /** After the promotion some callers stay on last-good, so that stable goes on being compared. */
  holdback: z
    .strictObject({
      /** Share of new callers; 0: none, until stable is suspected. @default 2 */
      percent: HoldbackPercent.default(2),
      /** How long, in hours. @default 24 */
      watchHours: z.number().gt(0, 'must be above 0 hours').max(720, 'must be at most 720 hours').default(24),
    })
    .prefault({}),
  /** @default errorRate alone decides; every guardrail is measured and reported */
  guardrails: z.strictObject({ ...rates, meanCost: MeanCostGuardrailInput.optional() }).default({}),
});
type PlanInput = z.output<typeof PlanInput>;

/**
 * How a release is put to the test, as data. Only `name` and `steps: [{weightPercent}]` are required.
 * Parsing fills in every default, and parsing the result again changes nothing.
 */
export const CanaryPlan = PlanInput.superRefine((plan, context) => {
  for (const problem of impossibilities(plan))
    context.addIssue({ code: 'custom', path: [...problem.path], message: problem.message });
}).transform((plan) => ({
  ...plan,
  ...resolveHorizons(plan),
  steps: resolveSteps(plan),
  budgetUsd: plan.budgetUsd ?? plan.costCapUsd,
  evidenceDeadlineMinutes: plan.evidenceDeadlineMinutes ?? Math.max(30, 2 * plan.outcomeWindowMinutes),
  guardrails: resolveGuardrails(plan),
}));
export type CanaryPlan = z.output<typeof CanaryPlan>;

/** @throws LastgoodError `invalid-input` naming every field that is wrong, its value and what is allowed */
export const parsePlan = (input: unknown, what = 'the canary plan'): CanaryPlan =>
  parseOrThrow(CanaryPlan, input, what);

interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const impossibilities = (plan: PlanInput): Problem[] => {
  const problems: Problem[] = [];
  plan.steps.forEach((step, index) => {
    const before = plan.steps[index - 1];
    if (before && step.weightPercent <= before.weightPercent) {
      problems.push({
        path: ['steps', index, 'weightPercent'],
        message: `must be above the step before it (${before.weightPercent}): exposure only grows`,
      });
    }
  });
  if (plan.kind === 'blue-green') problems.push(...blueGreenProblems(plan));
  if (plan.kind === 'canary' && plan.steps[0]?.weightPercent === 100) {
    problems.push({
      path: ['steps', 0, 'weightPercent'],
      message: 'must be below 100, since a canary compares two arms; use kind: blue-green for all callers at once',
    });
  }
  const bakeMinutes = plan.steps.reduce((sum, step) => sum + step.bakeMinutes, 0);
  if (plan.deadlineMinutes < bakeMinutes) {
    problems.push({
      path: ['deadlineMinutes'],
      message: `must be at least ${bakeMinutes}, the sum of all bakeMinutes: the canary would give up before it has baked`,
    });
  }
  if (plan.evidenceDeadlineMinutes !== undefined && plan.evidenceDeadlineMinutes < plan.outcomeWindowMinutes) {
    problems.push({
      path: ['evidenceDeadlineMinutes'],
      message: `must be at least outcomeWindowMinutes (${plan.outcomeWindowMinutes}): one long call would look like lost evidence`,
    });
  }
  problems.push(...horizonProblems(plan));
  const marginUsd = plan.guardrails.meanCost?.marginUsd;
  if (marginUsd !== undefined && marginUsd >= plan.costCapUsd) {
    problems.push({
      path: ['guardrails', 'meanCost', 'marginUsd'],
      message: `must be below costCapUsd (${plan.costCapUsd}): no release could be dearer by that much`,
    });
  }
  const resolved = resolveGuardrails(plan);
  if (!guardrailNames.some((name) => resolved[name].enabled))
    problems.push({ path: ['guardrails'], message: 'must leave at least one guardrail enabled: nothing would decide' });
  return problems;
};

/** Everybody but those who stay back. */
const exposedPercent = ({ holdback }: PlanInput): number => 100 - holdback.percent;

const blueGreenProblems = (plan: PlanInput): Problem[] => {
  const weight = plan.steps[0]?.weightPercent;
  if (plan.steps.length !== 1 || (weight !== 100 && weight !== exposedPercent(plan)))
    return [{ path: ['steps'], message: 'must be one step with weightPercent 100 when kind is blue-green' }];
  if (plan.holdback.percent > 0) return [];
  const message = 'must be above 0 when kind is blue-green: those callers are what all others are compared with';
  return [{ path: ['holdback', 'percent'], message }];
};

const resolveSteps = (plan: PlanInput): PlanInput['steps'] =>
  plan.kind === 'blue-green'
    ? plan.steps.map((step) => ({ ...step, weightPercent: exposedPercent(plan) }))
    : plan.steps;

const defaultHorizons: readonly z.output<typeof Horizon>[] = [
  { seconds: 20, weight: 0.08 },
  { seconds: 120, weight: 0.08 },
];
/** Weights are decimal fractions, whose sum is 1 only nearly. */
const roundingOfWeights = 1e-9;

const resolveHorizons = ({ outcomeWindowMinutes, ...plan }: PlanInput) => {
  const horizons = plan.horizons ?? defaultHorizons.filter(({ seconds }) => seconds <= outcomeWindowMinutes * 30);
  const left = 1 - horizons.reduce((sum, { weight }) => sum + weight, 0);
  return { horizons, windowWeight: plan.windowWeight ?? Number(left.toFixed(9)) };
};

const horizonProblems = (plan: PlanInput): Problem[] => {
  const { horizons, windowWeight } = resolveHorizons(plan);
  const windowSeconds = plan.outcomeWindowMinutes * 60;
  const problems = horizons.flatMap(({ seconds }, index): Problem[] => {
    const path = ['horizons', index, 'seconds'];
    const before = horizons[index - 1];
    if (seconds >= windowSeconds)
      return [{ path, message: `must be below outcomeWindowMinutes (${windowSeconds} seconds), the longest horizon` }];
    if (before && seconds === before.seconds)
      return [{ path, message: `must not repeat the horizon before it (${before.seconds} seconds)` }];
    if (before && seconds < before.seconds)
      return [{ path, message: `must be above the horizon before it (${before.seconds} seconds): shortest first` }];
    return [];
  });
  const sum = horizons.reduce((total, { weight }) => total + weight, windowWeight);
  if (windowWeight <= 0) {
    problems.push({
      path: ['horizons'],
      message: 'must leave some weight for W: their weights must add up to less than 1',
    });
  } else if (Math.abs(sum - 1) > roundingOfWeights) {
    problems.push({
      path: ['windowWeight'],
      message: `must add up to 1 with the weights of the horizons; the sum is ${Number(sum.toFixed(6))}`,
    });
  }
  return problems;
};

const resolveGuardrails = (plan: PlanInput): GuardrailPlans => {
  const rate = (name: RateGuardrail): RateGuardrailPlan => {
    const input = plan.guardrails[name];
    const defaults = guardrailDefaults[name];
    return {
      enabled: input?.enabled ?? (input !== undefined || name === 'errorRate'),
      marginPercentagePoints:
        input?.marginPercentagePoints ?? defaults.marginPercentagePoints ?? plan.marginPercentagePoints,
      alphaWeight: input?.alphaWeight ?? defaults.alphaWeight,
      baselinePercent: input?.baselinePercent ?? defaults.baselinePercent,
    };
  };
  const cost = plan.guardrails.meanCost;
  return {
    errorRate: rate('errorRate'),
    taskSuccess: rate('taskSuccess'),
    interventionRate: rate('interventionRate'),
    slowTurnRate: rate('slowTurnRate'),
    overBudgetRate: rate('overBudgetRate'),
    meanCost: {
      enabled: cost?.enabled ?? cost !== undefined,
      marginUsd: cost?.marginUsd ?? plan.costCapUsd / 10,
      alphaWeight: cost?.alphaWeight ?? 1,
      ...(cost?.baselineUsd !== undefined && { baselineUsd: cost.baselineUsd }),
    },
  };
};
