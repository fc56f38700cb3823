import { duration, forecast, refusal } from '../canary/forecast.ts';
import { capacityProblem } from '../canary/judge-capacity.ts';
import type { CanaryPlan } from '../canary/plan.ts';
import type { Problem } from './readiness.ts';

export interface Outlook {
  /** One sentence for people. */
  readonly text: string;
  readonly problem?: Problem;
}

export interface ExpectedTraffic {
  readonly callsPerMinute: number;
  /** @default - not known */
  readonly p99CallMinutes?: number;
  readonly baselineErrorRate: number;
}

/** Whether a canary can conclude at this traffic before its deadline, and how long it will probably take. */
export const outlookOf = (plan: CanaryPlan, { baselineErrorRate, ...calls }: ExpectedTraffic): Outlook => {
  const { callsPerMinute } = calls;
  const overload = capacityProblem(plan, callsPerMinute);
  if (overload !== undefined) return { text: overload, problem: { code: 'cannot-conclude', text: overload } };
  const traffic = { ...calls, baseline: { errorRate: baselineErrorRate } };
  const expected = forecast(plan, traffic);
  if (!expected.canConclude) {
    const text = refusal(plan, traffic, expected);
    return { text, problem: { code: 'cannot-conclude', text } };
  }
  const { medianMinutes, p90Minutes, probability } = expected;
  const share = `${Math.round(100 * probability)} %`;
  const times = `half of them within ${duration(medianMinutes ?? 0)}, nine of ten within ${duration(p90Minutes ?? 0)}`;
  return {
    text: `at ${callsPerMinute.toFixed(1)} calls a minute ${share} of such canaries conclude, ${times}`,
  };
};
