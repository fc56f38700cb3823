import { type AssignmentRatioState, createAssignmentRatio } from './assignment-ratio.ts';
import type { OrderedCall } from './call-order.ts';
import { type Decision, decisionAfter } from './decide.ts';
import { type EProcess, type EProcessState, createEProcess } from './e-process.ts';
import { type GuardrailTests, type GuardrailTestsState, createGuardrailTests } from './guardrail-tests.ts';
import type { Baseline } from './guardrail-wiring.ts';
import { type Horizon, type Standing, standing } from './reading.ts';
import type { CanaryPlan } from './plan.ts';
import { type Tally, countSeat, countWindow, exampleKey, startOfTally, withExample } from './tally.ts';
import { addPoint, horizonPointOf, isPoint, pointOf } from './timeline.ts';
import type { TimelinePoint } from './verdict.ts';

/** How far a horizon has come. */
export interface Track {
  /** Calls taken, in order of start. */
  used: number;
  /** When the last of them was settled, epoch milliseconds; 0 before the first. */
  clockMs: number;
}

export interface WalkState {
  readonly tracks: readonly Readonly<Track>[];
  readonly tally: Readonly<Tally>;
  readonly tests: GuardrailTestsState;
  readonly assignment: AssignmentRatioState;
  readonly missing: EProcessState;
  readonly refused: { readonly more: EProcessState; readonly fewer: EProcessState };
}

/** One pass over the calls in order of start, at every horizon on its own. */
export interface Walk {
  /** One per horizon, shortest first; the last one is W. */
  readonly tracks: readonly Readonly<Track>[];
  readonly tally: Readonly<Tally>;
  readonly tests: GuardrailTests;
  readonly assignmentLogE: number;
  readonly missing: Losses;
  readonly refused: Losses;
  /** Takes note of the next call that any horizon meets. `first`: it is its caller's first. */
  seat(entry: OrderedCall, first: boolean): void;
  /** Takes the next call at a horizon. `enters`: it is its caller's first. @returns the decision it leads to, if any */
  take(track: number, entry: OrderedCall, at: Standing, settledMs: number, enters: boolean): Decision | null;
  adopt(decision: Decision): void;
  timeline(): readonly TimelinePoint[];
  state(): WalkState;
}

/** Calls that got lost, as the bad ones of a test of their own. */
export interface Losses {
  readonly logE: number;
  readonly stable: EProcess['stable'];
  readonly candidate: EProcess['candidate'];
  /** The evidence has reached the plan's `assignmentAlpha`, or most of the candidate's calls are lost. */
  readonly suspect: boolean;
}

/** Losses may differ by so much between the arms. */
const lossOptions = { side: 'at-most', margin: 0.02, baseline: 0.01 } as const;
/** Most of so many calls is suspicious before any test says so. */
const fewCalls = 10;

/** The horizons of a plan, shortest first; W is the last. */
export const horizonsOf = (plan: CanaryPlan): readonly Horizon[] => [
  ...plan.horizons.map(({ seconds }) => ({ ms: seconds * 1_000, isWindow: false })),
  { ms: plan.outcomeWindowMinutes * 60_000, isWindow: true },
];

export const createWalk = (plan: CanaryPlan, baseline: Baseline, from?: WalkState): Walk => {
  const tests = createGuardrailTests(plan, baseline, from?.tests);
  const assignment = createAssignmentRatio(from?.assignment);
  const logSuspicion = Math.log(1 / plan.assignmentAlpha);
  const lossTest = (state?: EProcessState): EProcess =>
    createEProcess({ ...lossOptions, logThreshold: logSuspicion }, state);
  const missing = lossTest(from?.missing);
  const refused = { more: lossTest(from?.refused.more), fewer: lossTest(from?.refused.fewer) };
  const tracks: Track[] = (from?.tracks ?? horizonsOf(plan).map(() => ({ used: 0, clockMs: 0 }))).map((track) => ({
    ...track,
  }));
  const window = tracks.length - 1;
  const tally: Tally = from ? { ...from.tally } : startOfTally(window);

  const missingNow = (): Losses => ({
    logE: missing.logE,
    stable: missing.stable,
    candidate: missing.candidate,
    suspect: missing.logE >= logSuspicion || isMost(missing.candidate),
  });
  /** What makes all evidence doubtful: then nothing is decided, and the walk goes on. */
  const inDoubt = (): boolean => {
    if (assignment.logE >= logSuspicion || tally.misplaced > 0) return true;
    return missing.logE >= logSuspicion || isMost(missing.candidate);
  };

  const takeAtWindow = (entry: OrderedCall, at: Standing, moment: Moment): void => {
    const { arm, weightPercent } = entry.call;
    const rho = weightPercent / 100;
    const isRefused = at === standing.refused;
    refused.more.observe(arm, isRefused, rho);
    refused.fewer.observe(arm === 'stable' ? 'candidate' : 'stable', isRefused, 1 - rho);
    if (!isRefused) {
      tests.observe(entry.call, at, arm, rho);
      missing.observe(arm, at === standing.lost, rho);
      countWindow(tally, entry, at, plan);
    }
    if (isPoint(tally.timeline, tally.entered))
      tally.timeline = addPoint(tally.timeline, pointOf(tests, moment, weightPercent));
    tally.entered += 1;
  };

  const takeSoon = (track: number, entry: OrderedCall, at: Standing, moment: Moment): void => {
    const { arm, weightPercent, outcome } = entry.call;
    if (at === standing.refused) return;
    const bad = at === standing.lost ? undefined : at === standing.ended && outcome === 'failed';
    tests.observeSoon(track, bad, arm, weightPercent / 100);
    if (bad && arm === 'candidate') tally.examples = withExample(tally.examples, exampleKey(track), entry.call);
    const soon = tally.soon[track];
    if (!soon) return;
    const timeline = isPoint(soon.timeline, soon.entered)
      ? addPoint(soon.timeline, horizonPointOf(tests, track, moment))
      : soon.timeline;
    tally.soon = tally.soon.with(track, { entered: soon.entered + 1, timeline });
  };

  return {
    tracks,
    tally,
    tests,
    get assignmentLogE() {
      return assignment.logE;
    },
    get missing() {
      return missingNow();
    },
    get refused() {
      const logE = Math.max(refused.more.logE, refused.fewer.logE);
      const { stable, candidate } = refused.more;
      return { logE, stable, candidate, suspect: logE >= logSuspicion };
    },
    seat(entry, first) {
      if (entry.misplaced) tally.misplaced += 1;
      else if (!first) tally.repeats += 1;
      else {
        assignment.observe(entry.call.arm, entry.call.weightPercent / 100);
        countSeat(tally, entry);
      }
    },
    take(track, entry, at, settledMs, enters) {
      const taken = tracks[track];
      if (!taken) return null;
      taken.used += 1;
      taken.clockMs = settledMs;
      if (track === window && entry.endedMs !== undefined && at !== standing.lost)
        tally.lastEndedMs = Math.max(tally.lastEndedMs, settledMs);
      if (!enters || at === standing.misplaced) return null;
      const moment = { atMs: settledMs, callIndex: taken.used - 1 };
      if (track === window) takeAtWindow(entry, at, moment);
      else takeSoon(track, entry, at, moment);
      return decisionAfter({ plan, tests, tally, track, window, moment, inDoubt });
    },
    adopt(decision) {
      tally.decision = decision;
    },
    timeline: () => timelineOf(tally, tests, tracks[window]),
    state: () => ({
      tracks: tracks.map((track) => ({ ...track })),
      tally: { ...tally },
      tests: tests.state(),
      assignment: assignment.state(),
      missing: missing.state(),
      refused: { more: refused.more.state(), fewer: refused.fewer.state() },
    }),
  };
};

interface Moment {
  readonly atMs: number;
  readonly callIndex: number;
}

const isMost = ({ n, bad }: { readonly n: number; readonly bad: number }): boolean => n >= fewCalls && bad * 2 > n;

/** The kept points, and the last call that W took. */
const timelineOf = (tally: Tally, tests: GuardrailTests, track: Track | undefined): readonly TimelinePoint[] => {
  const { points } = tally.timeline;
  const weightPercent = tally.lastWeightPercent;
  if (!track || weightPercent === null || points.at(-1)?.callIndex === track.used - 1) return points;
  return [...points, pointOf(tests, { atMs: track.clockMs, callIndex: track.used - 1 }, weightPercent)];
};
