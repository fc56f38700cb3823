import { LastgoodError } from '../errors.ts';
import type { Baseline } from './guardrail-wiring.ts';
import { type CanaryPlan, parsePlan } from './plan.ts';
import { testedSteps } from './progress.ts';
import { type Course, simulateCourse } from './simulate-course.ts';

export interface Traffic {
  /** Calls of new callers, stable and candidate together. */
  readonly callsPerMinute: number;
  /** @default the plan's baselines */
  readonly baseline?: Baseline;
  /** 99th percentile of the calls' length. A window below it would judge calls before they are over. @default not known */
  readonly p99CallMinutes?: number;
}

/** How a canary of this plan will probably go at this traffic. Times in minutes from its start to the decision. */
export interface Forecast {
  /** A candidate that is as good as stable is promoted before the deadline in at least 80 % of the simulated canaries. */
  readonly canConclude: boolean;
  /** Share of simulated canaries that do, 0 to 1. */
  readonly probability: number;
  /** Of those; null when there are none. */
  readonly medianMinutes: number | null;
  readonly p90Minutes: number | null;
  /** Candidate calls per hour at the first and at the last step. */
  readonly candidateCallsPerHour: { readonly first: number; readonly last: number };
  /** How soon worse candidates are found. */
  readonly toAbort: readonly AbortForecast[];
  /** What makes it impossible whatever the traffic; empty when nothing does. */
  readonly obstacles: readonly string[];
  /** Changes that would each make it possible; empty when it can conclude. */
  readonly remedies: readonly string[];
}

export interface AbortForecast {
  readonly candidatePercent: number;
  /** How soon after its start such a call fails: within the shortest horizon, or any time within W. */
  readonly withinSeconds: number;
  /** The horizon that decides in most of them; null when none does. */
  readonly horizonSeconds: number | null;
  readonly probability: number;
  readonly medianMinutes: number | null;
}

/** A canary that concludes less often than this is not worth starting. */
export const neededProbability = 0.8;

/** Courses that are played; more of them when these leave it open whether the canary concludes often enough. */
const runs = 40;
const moreRuns = 100;
/** With a share outside of these after `runs`, the true one lies on the other side of `neededProbability` in 1 % of forecasts. */
const openShares = { above: 0.63, below: 0.94 };
const seed = 1;

/**
 * Plays the canary many times with seeded chance: equal rates for promotion, fixed worse rates for abort. The same input
 * gives the same forecast, and its tests are wired as those of the live analysis.
 * @throws LastgoodError `invalid-input` when the traffic is not above 0
 */
export const forecast = (plan: CanaryPlan, traffic: Traffic): Forecast => {
  if (!(traffic.callsPerMinute > 0)) {
    throw new LastgoodError(
      'invalid-input',
      `callsPerMinute is ${traffic.callsPerMinute}; it must be above 0: without calls no canary can conclude`,
    );
  }
  const obstacles = obstaclesOf(plan, traffic);
  const equal = obstacles.length > 0 ? never : playEqual(plan, traffic);
  const canConclude = equal.probability >= neededProbability;
  const weights = testedSteps(plan).map((step) => step.weightPercent);
  const perHour = (weight: number): number => (60 * traffic.callsPerMinute * weight) / 100;
  const { probability, medianMinutes, p90Minutes } = equal;
  return {
    canConclude,
    probability,
    medianMinutes,
    p90Minutes,
    candidateCallsPerHour: { first: perHour(weights[0] ?? 0), last: perHour(weights.at(-1) ?? 0) },
    toAbort: worseRates(plan, traffic).flatMap((candidatePercent) =>
      withinSecondsOf(plan).map((withinSeconds): AbortForecast => {
        const worse = { candidatePercent, withinSeconds };
        const found = play(plan, traffic, runs, worse);
        return { ...worse, ...pick(found) };
      }),
    ),
    obstacles,
    remedies: canConclude || obstacles.length > 0 ? [] : remedies(plan, traffic),
  };
};

const pick = ({ probability, medianMinutes, horizonSeconds }: Played) => ({
  probability,
  medianMinutes,
  horizonSeconds,
});

/** What no number of calls helps against. */
const obstaclesOf = (plan: CanaryPlan, { p99CallMinutes }: Traffic): string[] => {
  const obstacles: string[] = [];
  const window = plan.outcomeWindowMinutes;
  if (p99CallMinutes !== undefined && p99CallMinutes > window) {
    obstacles.push(
      `outcomeWindowMinutes is ${window} and one call in a hundred is longer than ${duration(p99CallMinutes)}: it must be at least ${Math.ceil(p99CallMinutes)}, or too many calls are judged before they are over`,
    );
  }
  return obstacles;
};

/** A failure within the shortest horizon, and one at any time. */
const withinSecondsOf = (plan: CanaryPlan): number[] => {
  const window = plan.outcomeWindowMinutes * 60;
  const shortest = plan.horizons[0];
  return shortest ? [shortest.seconds, window] : [window];
};

/** What a refused canary is told: what would make it possible. */
export const refusal = (
  plan: CanaryPlan,
  { callsPerMinute }: Traffic,
  { probability, obstacles, remedies }: Forecast,
): string =>
  obstacles.length > 0
    ? [`plan ${plan.name} cannot conclude at any traffic:`, ...obstacles].join('\n  - ')
    : [
        `plan ${plan.name} would conclude within its ${duration(plan.deadlineMinutes)} with a probability of ${Math.round(100 * probability)} % at ${callsPerMinute} calls a minute; ${100 * neededProbability} % are needed. Each of these makes it possible:`,
        ...(remedies.length > 0 ? remedies : ['more calls: no change of exposure, margin or deadline alone is enough']),
      ].join('\n  - ');

/** 0.5 → "30 seconds", 150 → "2.5 hours" */
export const duration = (minutes: number): string => {
  const shown = (value: number, unit: string): string => {
    const rounded = Number(value.toPrecision(2));
    return `${rounded} ${rounded === 1 ? unit : `${unit}s`}`;
  };
  if (minutes < 1) return shown(minutes * 60, 'second');
  if (minutes < 100) return shown(minutes, 'minute');
  return minutes < 2_880 ? shown(minutes / 60, 'hour') : shown(minutes / 1_440, 'day');
};

interface Worse {
  readonly candidatePercent: number;
  readonly withinSeconds: number;
}

interface Played {
  readonly probability: number;
  readonly medianMinutes: number | null;
  readonly p90Minutes: number | null;
  readonly horizonSeconds: number | null;
}

const never: Played = { probability: 0, medianMinutes: null, p90Minutes: null, horizonSeconds: null };

const courseOf = (plan: CanaryPlan, traffic: Traffic, worse?: Worse): Course => ({
  plan,
  callsPerMinute: traffic.callsPerMinute,
  baseline: traffic.baseline ?? {},
  ...(traffic.p99CallMinutes !== undefined && { longestCallMinutes: traffic.p99CallMinutes }),
  ...(worse !== undefined && { candidateErrorRate: worse.candidatePercent / 100 }),
  ...(worse && worse.withinSeconds < plan.outcomeWindowMinutes * 60
    ? { failsAfterSeconds: worse.withinSeconds / 2 }
    : {}),
});

const playEqual = (plan: CanaryPlan, traffic: Traffic): Played => {
  const played = play(plan, traffic, runs);
  const isOpen = played.probability > openShares.above && played.probability < openShares.below;
  return isOpen ? play(plan, traffic, moreRuns) : played;
};

const play = (plan: CanaryPlan, traffic: Traffic, count: number, worse?: Worse): Played => {
  const course = courseOf(plan, traffic, worse);
  const wanted = worse === undefined ? 'promote' : 'abort';
  const ends = Array.from({ length: count }, (_, run) => simulateCourse(course, seed + run))
    .filter((end) => end.kind === wanted)
    .toSorted((one, other) => one.minutes - other.minutes);
  const quantile = (share: number): number | null => ends[Math.floor((ends.length - 1) * share)]?.minutes ?? null;
  return {
    probability: ends.length / count,
    medianMinutes: quantile(0.5),
    p90Minutes: quantile(0.9),
    horizonSeconds: mostFrequent(ends.map((end) => end.horizonSeconds)),
  };
};

const mostFrequent = (values: readonly number[]): number | null => {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return (
    [...counts].reduce<[number, number] | null>((top, next) => (top && top[1] >= next[1] ? top : next), null)?.[0] ??
    null
  );
};

/** The margin's triple, and half of all calls. */
const worseRates = (plan: CanaryPlan, traffic: Traffic): number[] => {
  const { errorRate } = plan.guardrails;
  const base = 100 * (traffic.baseline?.errorRate ?? errorRate.baselinePercent / 100);
  return errorRate.enabled
    ? [base + 3 * errorRate.marginPercentagePoints, 50].filter((rate) => rate < 100 && rate > base)
    : [];
};

/** The smallest change of each kind that is enough, found by trying. */
const remedies = (plan: CanaryPlan, traffic: Traffic): string[] => {
  const works = (change: object): number | null => {
    const changed = parsePlan({ ...plan, ...change });
    const { probability, medianMinutes } = play(changed, traffic, runs);
    return probability >= neededProbability ? medianMinutes : null;
  };
  const firstThatWorks = <T>(
    options: readonly T[],
    change: (option: T) => object,
    sentence: (option: T) => string,
  ): string[] => {
    for (const option of options) {
      const minutes = works(change(option));
      if (minutes !== null) return [`${sentence(option)} (about ${duration(minutes)})`];
    }
    return [];
  };
  const last = testedSteps(plan).at(-1);
  const lastWeight = last?.weightPercent ?? 0;
  return [
    ...firstThatWorks(
      plan.kind === 'blue-green' ? [] : [10, 20, 35, 50].filter((weight) => weight > lastWeight),
      (weightPercent) => ({ steps: [...testedSteps(plan), { weightPercent, bakeMinutes: 0 }] }),
      (weight) => `more exposure: a step of ${weight} %`,
    ),
    ...firstThatWorks(
      [1.5, 2, 3, 5],
      (factor) => ({ guardrails: widened(plan, factor) }),
      (factor) =>
        `wider margins: ${factor} times, ${factor * plan.guardrails.errorRate.marginPercentagePoints} points for the error rate`,
    ),
    ...firstThatWorks(
      [2, 4, 7, 14, 30].filter((factor) => plan.deadlineMinutes * factor <= 43_200),
      (factor) => ({ deadlineMinutes: plan.deadlineMinutes * factor }),
      (factor) => `a longer deadline: ${duration(plan.deadlineMinutes * factor)}`,
    ),
  ];
};

const widened = ({ guardrails }: CanaryPlan, factor: number): object =>
  Object.fromEntries(
    Object.entries(guardrails).map(([name, guardrail]) => [
      name,
      'marginPercentagePoints' in guardrail
        ? { ...guardrail, marginPercentagePoints: Math.min(90, guardrail.marginPercentagePoints * factor) }
        : guardrail,
    ]),
  );
