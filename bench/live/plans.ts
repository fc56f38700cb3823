import { parsePlan } from '#core/canary/plan.ts';

/** Promotes a sound release within seconds of light traffic: for getting two warm pools, not for deciding anything. */
export const wavedThrough = parsePlan({
  name: 'bench-waved-through',
  steps: [{ weightPercent: 50, bakeMinutes: 0.05 }],
  alpha: 0.4,
  marginPercentagePoints: 40,
  deadlineMinutes: 10,
  outcomeWindowMinutes: 0.5,
  minimumCallsToAdvance: 1,
  minimumCallsToPromote: 3,
});

/** Half of the callers until the error rate decides. */
export const halfUntilDecided = parsePlan({
  name: 'bench-half-until-decided',
  steps: [{ weightPercent: 50, bakeMinutes: 30 }],
  deadlineMinutes: 60,
  outcomeWindowMinutes: 1,
  guardrails: { errorRate: { baselinePercent: 2 } },
});

/** Half of the callers, judged by slow turns alone: whatever fails, the analysis does not abort it, so alarms must. */
export const blindToErrors = parsePlan({
  name: 'bench-blind-to-errors',
  steps: [{ weightPercent: 50, bakeMinutes: 30 }],
  marginPercentagePoints: 40,
  deadlineMinutes: 60,
  outcomeWindowMinutes: 1,
  guardrails: { errorRate: { enabled: false }, slowTurnRate: { marginPercentagePoints: 40 } },
});
