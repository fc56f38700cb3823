import { type AssignmentRatioState, createAssignmentRatio } from './assignment-ratio.ts';
import { type EProcess, type EProcessState, createEProcess } from './e-process.ts';
import { type OrderedCall, settledAtMs } from './call-order.ts';
import { type GuardrailName, rateGuardrails } from './guardrail.ts';
import {
  type Baseline,
  type GuardrailTests,
  type GuardrailTestsState,
  createGuardrailTests,
} from './guardrail-tests.ts';
import { callKey, isBad } from './outcome.ts';
import type { CanaryPlan } from './plan.ts';
import { type TimelineState, addPoint, emptyTimeline, isPoint, pointOf } from './timeline.ts';
import type { ExposureStep, Metrics, TimelinePoint } from './verdict.ts';

/** The first call at which the evidence reached its threshold. */
export interface Decision {
  readonly kind: 'abort' | 'promote';
  readonly callIndex: number;
  readonly atMs: number;
  readonly logEAbort: number;
  readonly logEPromote: number;
  readonly heaviest: GuardrailName;
  readonly metrics: Metrics;
  readonly exampleCallIds: readonly string[];
}

/** Calls that entered at one weight; times in epoch milliseconds. */
interface Exposed extends Omit<ExposureStep, 'firstAt' | 'lastAt'> {
  readonly firstMs: number;
  readonly lastMs: number;
}

interface Tally {
  /** Calls taken, in order of start. */
  used: number;
  /** Of them, first calls of their callers: what the tests saw. */
  entered: number;
  repeats: number;
  /** Candidate calls whose end was recorded. */
  candidateCalls: number;
  /** When the last of them became known, epoch milliseconds; -Infinity before the first. */
  lastKnownMs: number;
  /** The same over calls whose end was recorded: what shows that outcomes still arrive. */
  lastEndedMs: number;
  exposure: readonly Exposed[];
  timeline: TimelineState;
  /** Newest bad candidate calls per guardrail. */
  examples: Readonly<Partial<Record<GuardrailName, readonly string[]>>>;
  decision: Decision | null;
}

export interface WalkState {
  readonly tally: Readonly<Tally>;
  readonly tests: GuardrailTestsState;
  readonly assignment: AssignmentRatioState;
  readonly missing: EProcessState;
}

/** One pass over the calls in order of start. */
export interface Walk {
  readonly tally: Readonly<Tally>;
  /** An abort is final: no later call changes it. */
  readonly aborted: boolean;
  /** Takes the next call. `enters`: it is its caller's first and its records agree. */
  take(entry: OrderedCall, enters: boolean): void;
  readonly logEAbort: number;
  readonly logEPromote: number;
  readonly assignmentLogE: number;
  /** Calls without a recorded end, as the bad ones of a test of their own. */
  readonly missing: Pick<EProcess, 'logE' | 'stable' | 'candidate'>;
  heaviest(): GuardrailName;
  metrics(): Metrics;
  /** The kept points, and the last call that entered. */
  timeline(): readonly TimelinePoint[];
  state(): WalkState;
}

/** Long calls are open in both arms alike; ten points more in one of them are outcomes that get lost. */
const missingOptions = { side: 'at-most', margin: 0.1, baseline: 0.05 } as const;
const mostExamples = 5;
/** Steps of one plan, with room for step-downs in between. */
const mostExposureSteps = 100;

export const createWalk = (plan: CanaryPlan, baseline: Baseline, from?: WalkState): Walk => {
  const tests = createGuardrailTests(plan, baseline, from?.tests);
  const assignment = createAssignmentRatio(from?.assignment);
  const missing = createEProcess(
    { ...missingOptions, logThreshold: Math.log(1 / plan.assignmentAlpha) },
    from?.missing,
  );
  const tally: Tally = { ...(from?.tally ?? startOfWalk) };
  const windowMs = plan.outcomeWindowMinutes * 60_000;

  return {
    tally,
    get aborted() {
      return tally.decision?.kind === 'abort';
    },
    take(entry, enters) {
      tally.used += 1;
      const ended = entry.endedMs !== undefined;
      const settledMs = settledAtMs(entry, windowMs);
      tally.lastKnownMs = Math.max(tally.lastKnownMs, settledMs);
      if (ended) tally.lastEndedMs = Math.max(tally.lastEndedMs, settledMs);
      if (!enters) {
        if (!entry.contradictory) tally.repeats += 1;
        return;
      }
      const { arm, weightPercent } = entry.call;
      tests.observe(entry.call, arm, weightPercent / 100);
      assignment.observe(arm, weightPercent / 100);
      missing.observe(arm, !ended, weightPercent / 100);
      count(tally, entry, plan);
      tally.decision = decisionAfter(tally, tests, plan);
      if (isPoint(tally.timeline, tally.entered) || tally.decision?.callIndex === tally.used - 1)
        tally.timeline = addPoint(tally.timeline, pointOf(tests, tally, weightPercent));
      tally.entered += 1;
    },
    get logEAbort() {
      return tests.logEAbort();
    },
    get logEPromote() {
      return tests.logEPromote();
    },
    get assignmentLogE() {
      return assignment.logE;
    },
    missing,
    heaviest: () => tests.heaviest(),
    metrics: () => tests.metrics(),
    timeline: () => {
      const { points } = tally.timeline;
      const weightPercent = tally.exposure.at(-1)?.weightPercent;
      if (weightPercent === undefined || tally.decision || points.at(-1)?.callIndex === tally.used - 1) return points;
      return [...points, pointOf(tests, tally, weightPercent)];
    },
    state: () => ({
      tally: { ...tally },
      tests: tests.state(),
      assignment: assignment.state(),
      missing: missing.state(),
    }),
  };
};

/** The decision that stands after a call: an abort replaces a promotion, nothing replaces an abort. */
const decisionAfter = (tally: Tally, tests: GuardrailTests, plan: CanaryPlan): Decision | null => {
  const logThreshold = Math.log(1 / plan.alpha);
  const logEAbort = tests.logEAbort();
  const logEPromote = tests.logEPromote();
  const aborts = logEAbort >= logThreshold;
  const promotes = logEPromote >= logThreshold && tally.candidateCalls >= plan.minimumCallsToPromote;
  if (!aborts && (!promotes || tally.decision)) return tally.decision;
  const heaviest = tests.heaviest();
  return {
    kind: aborts ? 'abort' : 'promote',
    callIndex: tally.used - 1,
    atMs: tally.lastKnownMs,
    logEAbort,
    logEPromote,
    heaviest,
    metrics: tests.metrics(),
    exampleCallIds: tally.examples[heaviest] ?? [],
  };
};

const count = (tally: Tally, entry: OrderedCall, plan: CanaryPlan): void => {
  tally.exposure = withExposure(tally.exposure, entry);
  if (entry.call.arm === 'stable') return;
  if (entry.endedMs !== undefined) tally.candidateCalls += 1;
  tally.examples = withExample(tally.examples, entry, plan);
};

const startOfWalk: Tally = {
  used: 0,
  entered: 0,
  repeats: 0,
  candidateCalls: 0,
  lastKnownMs: Number.NEGATIVE_INFINITY,
  lastEndedMs: Number.NEGATIVE_INFINITY,
  exposure: [],
  timeline: emptyTimeline,
  examples: {},
  decision: null,
};

const withExample = (examples: Tally['examples'], { call }: OrderedCall, plan: CanaryPlan): Tally['examples'] => {
  const bad = rateGuardrails.filter((name) => isBad(name, call, plan) === true);
  if (bad.length === 0) return examples;
  const next = { ...examples };
  for (const name of bad) next[name] = [...(next[name] ?? []), call.sessionId ?? callKey(call)].slice(-mostExamples);
  return next;
};

const withExposure = (exposure: Tally['exposure'], { call, startedMs }: OrderedCall): Tally['exposure'] => {
  const added = { stableCalls: call.arm === 'stable' ? 1 : 0, candidateCalls: call.arm === 'candidate' ? 1 : 0 };
  const last = exposure.at(-1);
  if (last && (last.weightPercent === call.weightPercent || exposure.length >= mostExposureSteps)) {
    const grown = {
      ...last,
      stableCalls: last.stableCalls + added.stableCalls,
      candidateCalls: last.candidateCalls + added.candidateCalls,
      lastMs: startedMs,
    };
    return [...exposure.slice(0, -1), grown];
  }
  return [...exposure, { weightPercent: call.weightPercent, ...added, firstMs: startedMs, lastMs: startedMs }];
};
