import { type AssignmentRatioState, createAssignmentRatio } from './assignment-ratio.ts';
import type { OrderedCall } from './call-order.ts';
import type { Crossing } from './crossing.ts';
import { decisionAfter } from './decide.ts';
import { type GuardrailTests, type GuardrailTestsState, createGuardrailTests } from './guardrail-tests.ts';
import type { Baseline } from './guardrail-wiring.ts';
import { type LossTest, type LossTestState, createLossTest } from './losses.ts';
import { type RefusalTest, type RefusalTestState, createRefusalTest } from './refusals.ts';
import { type Horizon, type Standing, standing } from './reading.ts';
import type { CanaryPlan } from './plan.ts';
import {
  type LossCounts,
  type Tally,
  countSeat,
  countWindow,
  exampleKey,
  snapshotOf,
  startOfTally,
  withExample,
} from './tally.ts';
import { addPoint, horizonPointOf, isPoint, pointOf } from './timeline.ts';
import type { Metrics, TimelinePoint } from './verdict.ts';

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
  readonly missing: LossTestState;
  readonly refused: RefusalTestState;
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
  take(track: number, entry: OrderedCall, at: Standing, settledMs: number, enters: boolean): Crossing | null;
  adopt(decision: Crossing): void;
  /** The kept points, and the last call that W took. `metrics`: those of this moment. */
  timeline(metrics: Metrics): readonly TimelinePoint[];
  state(): WalkState;
}

export interface Losses {
  readonly logE: number;
  readonly stable: Readonly<LossCounts>;
  readonly candidate: Readonly<LossCounts>;
  /** The evidence has reached the plan's `assignmentAlpha`; of handed-over calls also when most of the candidate's are lost. */
  readonly suspect: boolean;
}

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
  const missing = createLossTest(logSuspicion, from?.missing);
  const refused = createRefusalTest(from?.refused);
  const tracks = (from?.tracks ?? horizonsOf(plan).map((): Track => ({ used: 0, clockMs: 0 }))).map((track) => ({
    ...track,
  }));
  const window = tracks.length - 1;
  const tally = from ? snapshotOf(from.tally) : startOfTally(window);

  const missesMany = (): boolean => missing.logE >= logSuspicion || isMost(tally.missing.candidate);
  /** What makes all evidence doubtful: then nothing is decided, and the walk goes on. */
  const inDoubt = (): boolean => assignment.logE >= logSuspicion || tally.misplaced > 0 || missesMany();
  const deciding = { plan, logThreshold: Math.log(1 / plan.alpha), tests, tally, window, inDoubt };

  const parts = { plan, tests, tally, missing, refused };

  return {
    tracks,
    tally,
    tests,
    get assignmentLogE() {
      return assignment.logE;
    },
    get missing() {
      return { logE: missing.logE, ...tally.missing, suspect: missesMany() };
    },
    get refused() {
      return { logE: refused.logE, ...tally.refused, suspect: refused.logE >= logSuspicion };
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
      const callIndex = taken.used;
      taken.used += 1;
      taken.clockMs = settledMs;
      if (track === window && entry.endedMs !== undefined && at !== standing.lost)
        tally.lastEndedMs = Math.max(tally.lastEndedMs, settledMs);
      if (!enters || at === standing.misplaced) return null;
      const moment = { atMs: settledMs, callIndex };
      if (track === window) takeAtWindow(parts, entry, at, moment);
      else takeSoon(parts, track, entry, at, moment);
      return decisionAfter(deciding, track, callIndex, settledMs);
    },
    adopt(decision) {
      tally.decision = decision;
    },
    timeline: (metrics) => timelineOf(tally, tests, tracks[window], metrics),
    state: () => ({
      tracks: tracks.map((track) => ({ ...track })),
      tally: snapshotOf(tally),
      tests: tests.state(),
      assignment: assignment.state(),
      missing: missing.state(),
      refused: refused.state(),
    }),
  };
};

interface Parts {
  readonly plan: CanaryPlan;
  readonly tests: GuardrailTests;
  readonly tally: Tally;
  readonly missing: LossTest;
  readonly refused: RefusalTest;
}

interface Moment {
  readonly atMs: number;
  readonly callIndex: number;
}

const takeAtWindow = (
  { plan, tests, tally, missing, refused }: Parts,
  entry: OrderedCall,
  at: Standing,
  moment: Moment,
): void => {
  const { arm, weightPercent } = entry.call;
  const rho = weightPercent / 100;
  countLoss(tally.refused[arm], at === standing.refused);
  refused.observe(arm, at === standing.refused, entry.startedMs);
  if (at !== standing.refused) {
    tests.observe(entry.call, at, arm, rho);
    countLoss(tally.missing[arm], at === standing.lost);
    missing.observe(arm, at === standing.lost, rho);
    countWindow(tally, entry, at, plan);
  }
  tally.lastWeightPercent = weightPercent;
  if (isPoint(tally.timeline, tally.entered))
    tally.timeline = addPoint(tally.timeline, pointOf(tests, tests.metrics(), moment, weightPercent));
  tally.entered += 1;
};

const takeSoon = ({ tests, tally }: Parts, track: number, entry: OrderedCall, at: Standing, moment: Moment): void => {
  const { arm, weightPercent, outcome } = entry.call;
  const soon = tally.soon[track];
  if (at === standing.refused || !soon) return;
  const bad = at === standing.lost ? undefined : at === standing.ended && outcome === 'failed';
  tests.observeSoon(track, bad, arm, weightPercent / 100);
  if (bad && arm === 'candidate') tally.examples = withExample(tally.examples, exampleKey(track), entry.call);
  if (isPoint(soon.timeline, soon.entered))
    soon.timeline = addPoint(soon.timeline, horizonPointOf(tests, track, moment));
  soon.entered += 1;
};

const countLoss = (counts: LossCounts, lost: boolean): void => {
  counts.n += 1;
  if (lost) counts.bad += 1;
};

const isMost = ({ n, bad }: Readonly<LossCounts>): boolean => n >= fewCalls && bad * 2 > n;

const timelineOf = (
  tally: Tally,
  tests: GuardrailTests,
  track: Track | undefined,
  metrics: Metrics,
): readonly TimelinePoint[] => {
  const { points } = tally.timeline;
  const weightPercent = tally.lastWeightPercent;
  if (!track || weightPercent === null || points.at(-1)?.callIndex === track.used - 1) return points;
  const moment = { atMs: track.clockMs, callIndex: track.used - 1 };
  return [...points, pointOf(tests, metrics, moment, weightPercent)];
};
