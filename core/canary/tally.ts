import type { OrderedCall } from './call-order.ts';
import type { Decision } from './decide.ts';
import { rateGuardrails } from './guardrail.ts';
import { type CallOutcome, callKey, isBad } from './outcome.ts';
import type { CanaryPlan } from './plan.ts';
import { type Standing, standing } from './reading.ts';
import { type TimelineState, emptyTimeline } from './timeline.ts';
import type { ExposureStep, HorizonPoint, TimelinePoint } from './verdict.ts';

/** Calls that entered at one weight; times in epoch milliseconds. */
export interface Exposed extends Omit<ExposureStep, 'firstAt' | 'lastAt'> {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** What a walk counts beside its tests. Every value is replaced, never changed, so that a copy is a snapshot. */
export interface Tally {
  /** First calls of their callers that a horizon has met, and how many of them were expected on the candidate. */
  seatedCandidates: number;
  expectedCandidates: number;
  repeats: number;
  misplaced: number;
  exposure: readonly Exposed[];
  /** Calls that entered at W. */
  entered: number;
  /** Candidate calls of which W knows what became. */
  candidateCalls: number;
  /** When the last end became known, epoch milliseconds; 0 before the first: what shows that outcomes still arrive. */
  lastEndedMs: number;
  lastWeightPercent: number | null;
  timeline: TimelineState<TimelinePoint>;
  soon: readonly { readonly entered: number; readonly timeline: TimelineState<HorizonPoint> }[];
  /** Newest bad candidate calls, by guardrail and by horizon. */
  examples: Readonly<Record<string, readonly string[]>>;
  decision: Decision | null;
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
  examples: {},
  decision: null,
});

export const countSeat = (tally: Tally, entry: OrderedCall): void => {
  tally.exposure = withExposure(tally.exposure, entry);
  tally.expectedCandidates += entry.call.weightPercent / 100;
  if (entry.call.arm === 'candidate') tally.seatedCandidates += 1;
};

export const countWindow = (tally: Tally, { call }: OrderedCall, at: Standing, plan: CanaryPlan): void => {
  tally.lastWeightPercent = call.weightPercent;
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

const withExposure = (exposure: Tally['exposure'], { call, startedMs }: OrderedCall): Tally['exposure'] => {
  const added = { stableCalls: call.arm === 'stable' ? 1 : 0, candidateCalls: call.arm === 'candidate' ? 1 : 0 };
  const last = exposure.at(-1);
  if (last && (last.weightPercent === call.weightPercent || exposure.length >= mostExposureSteps))
    return exposure.with(-1, {
      ...last,
      stableCalls: last.stableCalls + added.stableCalls,
      candidateCalls: last.candidateCalls + added.candidateCalls,
      lastMs: startedMs,
    });
  return [...exposure, { weightPercent: call.weightPercent, ...added, firstMs: startedMs, lastMs: startedMs }];
};
