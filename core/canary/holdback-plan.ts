import { type CanaryPlan, parsePlan } from './plan.ts';

/** A comparison after a promotion ends with its verdict or with its holdback, never by a deadline. */
const noDeadlineMinutes = 43_200;

/**
 * The promotion's plan for the comparison that goes on after it: stable is in question now, and the holdback is what it is compared with,
 * by the same guardrails, margins and alpha.
 * @param weightPercent share of callers on last-good
 */
export const holdbackPlan = (plan: CanaryPlan, weightPercent: number): CanaryPlan =>
  parsePlan({
    ...plan,
    kind: 'canary',
    steps: [{ weightPercent: 100 - weightPercent, bakeMinutes: 0 }],
    deadlineMinutes: noDeadlineMinutes,
  });
