import type { TestArm } from '../words/arm.ts';
import { type GuardrailTests, createGuardrailTests } from './guardrail-tests.ts';
import type { RateGuardrail } from './guardrail.ts';
import { isAboveMargin } from './guardrail-metrics.ts';
import { type Baseline, baselineRate, baselineUsd } from './guardrail-wiring.ts';
import type { CallOutcome } from './outcome.ts';
import type { CanaryPlan } from './plan.ts';
import { testedSteps } from './progress.ts';
import { stampGraceMs, standing } from './reading.ts';
import type { Random } from '../random.ts';
import { seededRandom } from './seeded-random.ts';

/** A canary to be played through. */
export interface Course {
  readonly plan: CanaryPlan;
  readonly callsPerMinute: number;
  readonly baseline: Baseline;
  /** @default as stable */
  readonly candidateErrorRate?: number;
  /** How long after its start a bad call of the candidate fails. @default as stable's: any time within W alike */
  readonly failsAfterSeconds?: number;
  /** How long W waits for calls, in minutes. @default W */
  readonly longestCallMinutes?: number;
}

export interface CourseEnd {
  readonly kind: 'promote' | 'abort' | 'deadline';
  /** From the start of the canary to the decision, the horizon's wait included. */
  readonly minutes: number;
  /** The horizon that decided. */
  readonly horizonSeconds: number;
}

/** More calls than this in one canary are not played: it counts as not concluded. */
const mostCalls = 150_000;
/** A plan's steps are looked at so often. */
const looksPerMinute = 6;

/** One canary with seeded chance: evenly spaced calls, every deciding guardrail, exposure that grows as `nextAction` lets it. */
export const simulateCourse = (course: Course, seed: number): CourseEnd => {
  const { plan, callsPerMinute } = course;
  const random = seededRandom(seed);
  const tests = createGuardrailTests(plan, course.baseline, undefined, 'deciding');
  const soon = course.candidateErrorRate === undefined ? [] : plan.horizons;
  const draw = drawer(course, random);
  const ladder = createLadder(plan, tests);
  const race = createRace(course, tests);
  const calls = Math.min(mostCalls, Math.floor(plan.deadlineMinutes * callsPerMinute));
  const callsPerLook = Math.max(1, Math.round(callsPerMinute / looksPerMinute));
  let candidateCalls = 0;
  for (let call = 0; call < calls; call += 1) {
    const minutes = (call + 1) / callsPerMinute;
    const weightPercent = ladder.weightPercent();
    const arm: TestArm = random() * 100 < weightPercent ? 'candidate' : 'stable';
    if (arm === 'candidate') candidateCalls += 1;
    const { outcome, failsAfterSeconds } = draw(arm, weightPercent);
    // Equal arms are played for their promotion, which W alone gives.
    for (let index = 0; index < soon.length; index += 1)
      tests.observeSoon(index, failsAfterSeconds <= (soon[index]?.seconds ?? 0), arm, weightPercent / 100);
    tests.observe(outcome, standing.ended, arm, weightPercent / 100);
    race.watch(minutes, candidateCalls);
    if (call % callsPerLook === 0) ladder.look(minutes, candidateCalls);
    const end = race.end(minutes, ladder.bakedAt(minutes));
    if (end) return end;
  }
  return { kind: 'deadline', minutes: plan.deadlineMinutes, horizonSeconds: plan.outcomeWindowMinutes * 60 };
};

/** Draws what becomes of a call, for the guardrails that decide. */
const drawer = ({ plan, baseline, candidateErrorRate, failsAfterSeconds }: Course, random: Random) => {
  const { guardrails } = plan;
  const happens = (name: RateGuardrail, rate = baselineRate(name, plan, baseline)): boolean =>
    guardrails[name].enabled && random() < rate;
  const errors = baselineRate('errorRate', plan, baseline);
  const meanUsd = baselineUsd(plan, baseline) ?? plan.costCapUsd / 4;
  const windowSeconds = plan.outcomeWindowMinutes * 60;
  return (arm: TestArm, weightPercent: number): { outcome: CallOutcome; failsAfterSeconds: number } => {
    const isCandidate = arm === 'candidate';
    const failed = happens('errorRate', isCandidate ? candidateErrorRate : errors);
    const within = isCandidate && failsAfterSeconds !== undefined ? failsAfterSeconds : random() * windowSeconds;
    const outcome: CallOutcome = {
      startedAt: 0,
      endedAt: 0,
      callerId: '-',
      arm,
      weightPercent,
      outcome: failed ? 'failed' : 'completed',
      taskSucceeded: !happens('taskSuccess'),
      escalated: happens('interventionRate'),
      turns: 1,
      slowTurns: happens('slowTurnRate') ? 1 : 0,
      // Calls over budget are a guardrail of their own; else cost varies around the mean.
      costUsd: happens('overBudgetRate') ? 1.01 * plan.budgetUsd : meanUsd * (0.5 + random()),
    };
    return { outcome, failsAfterSeconds: failed ? within : Number.POSITIVE_INFINITY };
  };
};

/** The plan's steps, which exposure climbs when they have baked and nothing looks worse. */
const createLadder = (plan: CanaryPlan, tests: GuardrailTests) => {
  const steps = testedSteps(plan);
  let index = 0;
  let sinceMinutes = 0;
  let sinceCalls = 0;
  const isBaked = (minutes: number): boolean => minutes - sinceMinutes >= (steps[index]?.bakeMinutes ?? 0);
  return {
    weightPercent: (): number => steps[index]?.weightPercent ?? 0,
    look(minutes: number, candidateCalls: number): void {
      if (index >= steps.length - 1 || !isBaked(minutes)) return;
      if (candidateCalls - sinceCalls < plan.minimumCallsToAdvance || isAboveMargin(tests.metrics(), 0)) return;
      index += 1;
      [sinceMinutes, sinceCalls] = [minutes, candidateCalls];
    },
    bakedAt: (minutes: number): boolean => index >= steps.length - 1 && isBaked(minutes),
  };
};

/** Which horizon is the first to know enough, each as late as it is. */
const createRace = ({ plan, longestCallMinutes }: Course, tests: GuardrailTests) => {
  const logThreshold = Math.log(1 / plan.alpha);
  const graceMinutes = stampGraceMs / 60_000;
  const windowMinutes = plan.outcomeWindowMinutes;
  const windowWait = Math.min(windowMinutes, longestCallMinutes ?? windowMinutes) + graceMinutes;
  let abort: CourseEnd | undefined;
  let clearedMinutes: number | undefined;
  const aborts = (minutes: number, horizonSeconds: number): void => {
    if (!abort || minutes < abort.minutes) abort = { kind: 'abort', minutes, horizonSeconds };
  };
  return {
    watch(minutes: number, candidateCalls: number): void {
      plan.horizons.forEach(({ seconds }, index) => {
        if (tests.logESoon(index) >= logThreshold) aborts(minutes + seconds / 60 + graceMinutes, seconds);
      });
      if (tests.windowReaches(logThreshold)) aborts(minutes + windowWait, windowMinutes * 60);
      const cleared = tests.logEPromote() >= logThreshold && candidateCalls >= plan.minimumCallsToPromote;
      if (cleared) clearedMinutes ??= minutes + windowWait;
    },
    /** @param baked the last step has baked */
    end(minutes: number, baked: boolean): CourseEnd | undefined {
      // Until its moment comes, a shorter horizon may still be sooner.
      if (abort && abort.minutes <= minutes) return abort;
      if (clearedMinutes === undefined || clearedMinutes > minutes || !baked) return undefined;
      return { kind: 'promote', minutes, horizonSeconds: windowMinutes * 60 };
    },
  };
};
