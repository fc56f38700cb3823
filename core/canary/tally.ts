import type { TestArm } from '../words/arm.ts';
import type { OrderedCall } from './call-order.ts';
import type { Crossing } from './crossing.ts';
import { rateGuardrails } from './guardrail.ts';
import { type CallOutcome, callKey, isBad } from './outcome.ts';
import type { CanaryPlan } from './plan.ts';
import { type Standing, standing } from './reading.ts';
import { type TimelineState, emptyTimeline } from './timeline.ts';
import type { HorizonPoint, TimelinePoint } from './verdict.ts';

/** Calls that entered at one weight; times in epoch milliseconds. */
export interface Exposed {
  readonly weightPercent: number;
  stableCalls: number;
  candidateCalls: number;
  readonly firstMs: number;
  lastMs: number;
}

/** Calls by arm, and how many of them got lost. */
export interface LossCounts {
  n: number;
  bad: number;
}

/** What a walk counts beside its tests; `snapshotOf` copies it. */
export interface Tally {
  /** First calls of their callers that a horizon has met, and how many of them were expected on the candidate. */
  seatedCandidates: number;
  expectedCandidates: number;
  repeats: number;
  misplaced: number;
  exposure: Exposed[];
  /** Calls that entered at W. */
  entered: number;
  /** Candidate calls of which W knows what became. */
  candidateCalls: number;
  /** When the last end became known, epoch milliseconds; 0 before the first: what shows that outcomes still arrive. */
  lastEndedMs: number;
  lastWeightPercent: number | null;
  timeline: TimelineState<TimelinePoint>;
  soon: { entered: number; timeline: TimelineState<HorizonPoint> }[];
  /** Handed over, and lost after it. */
  missing: Readonly<Record<TestArm, LossCounts>>;
  /** Started, and refused before any release had them. */
  refused: Readonly<Record<TestArm, LossCounts>>;
  /** Newest bad candidate calls, by guardrail and by horizon. */
  examples: Readonly<Record<string, readonly string[]>>;
  decision: Crossing | null;
}

const mostExamples = 5;
/** Steps of one plan, with room for weights that were set by hand. */
const mostExposureSteps = 100;

/** Where the examples of a short horizon are kept. */
export const exampleKey = (horizon: number): string => `errorRate ${horizon}`;

export const startOfTally = (horizons: number): Tally => ({
  seatedCandidates: 0,
  expectedCandidates: 0,
  repeats: 0,
  misplaced: 0,
  exposure: [],
  entered: 0,
  candidateCalls: 0,
  lastEndedMs: 0,
  lastWeightPercent: null,
  timeline: emptyTimeline,
  soon: Array.from({ length: horizons }, () => ({ entered: 0, timeline: emptyTimeline })),
  missing: noLosses(),
  refused: noLosses(),
  examples: {},
  decision: null,
});

const noLosses = (): Tally['missing'] => ({ stable: { n: 0, bad: 0 }, candidate: { n: 0, bad: 0 } });

/** A copy that stays as it is. */
export const snapshotOf = (tally: Readonly<Tally>): Tally => ({
  ...tally,
  exposure: tally.exposure.map((step) => ({ ...step })),
  soon: tally.soon.map((horizon) => ({ ...horizon })),
  missing: { stable: { ...tally.missing.stable }, candidate: { ...tally.missing.candidate } },
  refused: { stable: { ...tally.refused.stable }, candidate: { ...tally.refused.candidate } },
});

export const countSeat = (tally: Tally, entry: OrderedCall): void => {
  expose(tally.exposure, entry);
  tally.expectedCandidates += entry.call.weightPercent / 100;
  if (entry.call.arm === 'candidate') tally.seatedCandidates += 1;
};

export const countWindow = (tally: Tally, { call }: OrderedCall, at: Standing, plan: CanaryPlan): void => {
  if (call.arm === 'stable') return;
  if (at !== standing.lost) tally.candidateCalls += 1;
  if (at !== standing.ended) return;
  for (const name of rateGuardrails)
    if (isBad(name, call, plan) === true) tally.examples = withExample(tally.examples, name, call);
};

export const withExample = (examples: Tally['examples'], key: string, call: CallOutcome): Tally['examples'] => ({
  ...examples,
  [key]: [...(examples[key] ?? []), call.sessionId ?? callKey(call)].slice(-mostExamples),
});

const expose = (exposure: Exposed[], { call, startedMs }: OrderedCall): void => {
  const { weightPercent, arm } = call;
  let step = exposure.at(-1);
  if (!step || (step.weightPercent !== weightPercent && exposure.length < mostExposureSteps)) {
    step = { weightPercent, stableCalls: 0, candidateCalls: 0, firstMs: startedMs, lastMs: startedMs };
    exposure.push(step);
  }
  if (arm === 'stable') step.stableCalls += 1;
  else step.candidateCalls += 1;
  step.lastMs = startedMs;
};
