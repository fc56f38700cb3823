import type { Arm } from '../words/arm.ts';
import { logSumExp } from './bounded-mean.ts';
import { createEProcess, type EProcess } from './e-process.ts';
import type { Baseline } from './guardrail-tests.ts';
import { rateGuardrails } from './guardrail.ts';
import type { CanaryPlan } from './plan.ts';
import { testedSteps } from './progress.ts';
import { seededRandom } from './seeded-random.ts';

/** A canary to be played through. */
export interface Course {
  readonly plan: CanaryPlan;
  readonly callsPerMinute: number;
  readonly baseline: Baseline;
  /** @default as stable */
  readonly candidateErrorRate?: number;
}

export type CourseEnd = { readonly kind: 'promote' | 'abort' | 'deadline'; readonly minutes: number };

/** More calls than this in one canary are not played: it counts as not concluded. */
const mostCalls = 150_000;

interface Guarded {
  readonly rate: number;
  readonly candidateRate: number;
  readonly logWeight: number;
  readonly abort: EProcess;
  readonly promote: EProcess;
}

/** One canary with seeded chance: evenly spaced calls, weights by the plan's bake times, every deciding rate. */
export const simulateCourse = (course: Course, seed: number): CourseEnd => {
  const { plan, callsPerMinute } = course;
  const random = seededRandom(seed);
  const guarded = guardedRates(course);
  const steps = testedSteps(plan);
  const bakedMinutes = steps.reduce((sum, step) => sum + step.bakeMinutes, 0);
  const logThreshold = Math.log(1 / plan.alpha);
  const calls = Math.min(mostCalls, Math.floor(plan.deadlineMinutes * callsPerMinute));
  let candidateCalls = 0;
  for (let call = 0; call < calls; call += 1) {
    const minutes = (call + 1) / callsPerMinute;
    const rho = weightAt(steps, minutes) / 100;
    const arm: Arm = random() < rho ? 'candidate' : 'stable';
    if (arm === 'candidate') candidateCalls += 1;
    for (const { rate, candidateRate, abort, promote } of guarded) {
      const bad = random() < (arm === 'candidate' ? candidateRate : rate);
      abort.observe(arm, bad, rho);
      promote.observe(arm, bad, rho);
    }
    if (logSumExp(guarded.map(({ abort, logWeight }) => abort.logE + logWeight)) >= logThreshold)
      return { kind: 'abort', minutes };
    const cleared =
      candidateCalls >= plan.minimumCallsToPromote && guarded.every(({ promote }) => promote.logE >= logThreshold);
    if (cleared) return { kind: 'promote', minutes: Math.max(minutes, bakedMinutes) };
  }
  return { kind: 'deadline', minutes: plan.deadlineMinutes };
};

const guardedRates = ({ plan, baseline, candidateErrorRate }: Course): Guarded[] => {
  const deciding = rateGuardrails.filter((name) => plan.guardrails[name].enabled);
  const total = deciding.reduce((sum, name) => sum + plan.guardrails[name].alphaWeight, 0);
  return deciding.map((name) => {
    const guardrail = plan.guardrails[name];
    const rate = baseline[name] ?? guardrail.baselinePercent / 100;
    const logWeight = Math.log(guardrail.alphaWeight / total);
    const logThreshold = Math.log(1 / plan.alpha);
    const options = {
      margin: guardrail.marginPercentagePoints / 100,
      baseline: rate,
      againstBaseline: plan.kind === 'blue-green',
    };
    return {
      rate,
      candidateRate: name === 'errorRate' ? (candidateErrorRate ?? rate) : rate,
      logWeight,
      abort: createEProcess({ ...options, side: 'at-most', logThreshold: logThreshold - logWeight }),
      promote: createEProcess({ ...options, side: 'at-least', logThreshold }),
    };
  });
};

const weightAt = (steps: CanaryPlan['steps'], minutes: number): number => {
  let end = 0;
  for (const step of steps) {
    end += step.bakeMinutes;
    if (minutes < end) return step.weightPercent;
  }
  return steps.at(-1)?.weightPercent ?? 0;
};
