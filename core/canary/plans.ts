import { LastgoodError } from '../errors.ts';
import { type CanaryPlan, parsePlan } from './plan.ts';

const everyGuardrail = {
  errorRate: {},
  taskSuccess: {},
  interventionRate: {},
  slowTurnRate: {},
  overBudgetRate: {},
  meanCost: {},
};

/** The plans that ship with Lastgood, by name. */
export const shippedPlans: ReadonlyMap<string, CanaryPlan> = new Map(
  [
    {
      name: 'standard',
      description: '5 % for at least 10 minutes, then 10, 25, 50 and all callers; a verdict decides the last step.',
      steps: [5, 10, 25, 50].map((weightPercent) => ({ weightPercent, bakeMinutes: 10 })),
      guardrails: everyGuardrail,
    },
    {
      name: 'cautious',
      description:
        'For services where a bad call is dear: 1 % first, an hour per step, half the risk of a wrong verdict.',
      steps: [1, 5, 10, 25, 50].map((weightPercent) => ({ weightPercent, bakeMinutes: 60 })),
      alpha: 0.025,
      deadlineMinutes: 4_320,
      minimumCallsToAdvance: 20,
      minimumCallsToPromote: 100,
      guardrails: everyGuardrail,
    },
    {
      name: 'blue-green',
      description:
        'All callers at once after the checks, but for a tenth, who stay on stable and are what they are compared with.',
      kind: 'blue-green',
      steps: [{ weightPercent: 100, bakeMinutes: 10 }],
      holdback: { percent: 10 },
    },
    {
      name: 'tour',
      description: 'For demonstrations with a few short calls a second: a wide margin, seconds instead of minutes.',
      steps: [
        { weightPercent: 25, bakeMinutes: 0.1 },
        { weightPercent: 50, bakeMinutes: 0.1 },
      ],
      marginPercentagePoints: 20,
      deadlineMinutes: 5,
      outcomeWindowMinutes: 0.5,
      evidenceDeadlineMinutes: 1,
      minimumCallsToAdvance: 3,
      minimumCallsToPromote: 10,
      holdback: { percent: 10, watchHours: 1 },
      guardrails: { errorRate: { baselinePercent: 2 } },
    },
  ].map((plan) => [plan.name, parsePlan(plan, `the shipped plan ${plan.name}`)]),
);

/** @throws LastgoodError `unknown-name` naming the plans that exist */
export const planByName = (name: string): CanaryPlan => {
  const plan = shippedPlans.get(name);
  if (plan) return plan;
  throw new LastgoodError(
    'unknown-name',
    `There is no shipped plan "${name}". Shipped: ${[...shippedPlans.keys()].join(', ')}; or give a YAML file.`,
  );
};
