import type { TestArm } from '../words/arm.ts';
import type { DecisionRecord } from './decision.ts';
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

/** How people call the two sides of a comparison that goes on after a promotion. */
export const sideNames = (comparison: DecisionRecord['comparison']): Readonly<Record<TestArm, string>> =>
  comparison === 'holdback'
    ? { candidate: 'stable', stable: 'last-good' }
    : { candidate: 'candidate', stable: 'stable' };

/** A sentence about candidate and stable, as it reads after the promotion: about stable and last-good. */
export const saidAfterPromotion = (sentence: string): string =>
  sentence.replaceAll(/\b(?:the )?candidate\b|\bstable\b/g, (word) => (word === 'stable' ? 'last-good' : 'stable'));
