import { rateGuardrails } from './guardrail.ts';
import type { Stage } from '../org/org.ts';
import type { CanaryPlan } from './plan.ts';

/** Where a plan is to be used. */
export interface PlanUse {
  readonly stage: Stage;
}

/** What is wrong with a plan for a stage, and what to do about it. */
export interface PlanProblem {
  /** The plan's field, "guardrails.errorRate.marginPercentagePoints". */
  readonly field: string;
  readonly text: string;
}

/** A release that is worse by less than its margin may be promoted. More than this nobody wants to find out from callers. */
const mostMarginPoints = 10;
/** As a part of the most that a call counts. */
const mostMarginOfCap = 0.5;

/** What forbids a plan in a stage, beyond what makes it impossible anywhere; empty when nothing does. */
export const planProblems = (plan: CanaryPlan, { stage }: PlanUse): PlanProblem[] => {
  if (stage !== 'production') return [];
  const problems: PlanProblem[] = [];
  if (plan.name === 'tour') {
    problems.push({
      field: 'name',
      text: 'plan tour is for demonstrations: its seconds and its margin of 20 points promote releases that are much worse. In production use standard, cautious, blue-green or a plan of your own',
    });
  }
  for (const name of rateGuardrails) {
    const { enabled, marginPercentagePoints } = plan.guardrails[name];
    if (enabled && marginPercentagePoints > mostMarginPoints) {
      problems.push({
        field: `guardrails.${name}.marginPercentagePoints`,
        text: `a margin of ${marginPercentagePoints} points is above ${mostMarginPoints}, the most that production allows: set a smaller one, or leave the guardrail out`,
      });
    }
  }
  const { enabled, marginUsd } = plan.guardrails.meanCost;
  if (enabled && marginUsd > mostMarginOfCap * plan.costCapUsd) {
    problems.push({
      field: 'guardrails.meanCost.marginUsd',
      text: `a margin of $${marginUsd} is above $${mostMarginOfCap * plan.costCapUsd}, half of costCapUsd, the most that production allows: set a smaller one`,
    });
  }
  return problems;
};
