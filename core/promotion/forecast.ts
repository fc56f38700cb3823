import type { CanaryPlan } from '../canary/plan.ts';
import type { Problem } from './readiness.ts';

export interface Outlook {
  /** One sentence for people. */
  readonly text: string;
  readonly problem?: Problem;
}

export interface ExpectedTraffic {
  readonly callsPerMinute: number;
  readonly baselineErrorRate: number;
}

/** Whether a canary can conclude at this traffic before its deadline. */
export const forecastProblem = (plan: CanaryPlan, { callsPerMinute }: ExpectedTraffic): Outlook => ({
  text: `plan ${plan.name} at ${callsPerMinute.toFixed(1)} calls per minute`,
});
