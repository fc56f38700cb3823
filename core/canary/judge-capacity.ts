import type { CanaryPlan } from './plan.ts';

/**
 * Calls of one service that its judges read and weigh in time, 100 a second: `npm run bench -- judge-scale` holds it. Whatever is above is
 * refused before it starts, because evidence that comes late decides late.
 */
export const mostCallsPerMinute = 6_000;
/** Calls that started within W and the minute before it are what a judge holds, and what it reads when it starts anew. */
export const mostUnsettledCalls = 70_000;

/** Why judges could not keep up with a canary; undefined when they can. */
export const capacityProblem = (plan: CanaryPlan, callsPerMinute: number): string | undefined => {
  const calls = `${Math.round(callsPerMinute)} calls a minute`;
  if (callsPerMinute > mostCallsPerMinute)
    return `${calls} are above ${mostCallsPerMinute} (100 a second), the most that are judged in time: split the service`;
  const minutes = plan.outcomeWindowMinutes + 1;
  if (callsPerMinute * minutes <= mostUnsettledCalls) return undefined;
  const most = Math.floor(mostUnsettledCalls / callsPerMinute - 1);
  return `${calls} in an outcomeWindowMinutes of ${plan.outcomeWindowMinutes} are ${Math.round(callsPerMinute * minutes)} calls that are not settled, above ${mostUnsettledCalls}, the most that are judged in time: ${most > 0 ? `set it to ${most} or less, or ` : ''}split the service`;
};
