import type { CourseOfCalls } from './course-of-calls.ts';
import type { Crossing } from './crossing.ts';
import { examplesOf } from './decide.ts';
import { type GuardrailName, guardrailNames } from './guardrail.ts';
import { isAboveMargin } from './guardrail-metrics.ts';
import { type Baseline, baselineRate } from './guardrail-wiring.ts';
import { isoOf } from './outcome.ts';
import type { CanaryPlan } from './plan.ts';
import { type Finding, reasonOf } from './reason.ts';
import { looksWorseLately } from './recent.ts';
import type { Metrics, Verdict, Veto } from './verdict.ts';
import type { Losses, Walk } from './walk.ts';

export interface Situation {
  readonly nowMs: number;
  readonly sinceMs?: number;
  readonly total: number;
  readonly contradictory: number;
}

interface Look extends Situation {
  readonly plan: CanaryPlan;
  readonly baseline: Baseline;
  readonly course: CourseOfCalls;
  readonly walk: Walk;
  readonly metrics: Metrics;
}

interface Weighed {
  readonly verdict: Verdict['verdict'];
  readonly finding: Finding;
  readonly unknownBecause?: NonNullable<Verdict['unknownBecause']>;
  readonly vetoes?: readonly Veto[];
}

export const verdictOf = (
  plan: CanaryPlan,
  baseline: Baseline,
  course: CourseOfCalls,
  situation: Situation,
): Verdict => {
  const { walk } = course;
  const { tally, tests } = walk;
  const metricsNow = tests.metrics();
  const look = { ...situation, plan, baseline, course, walk, metrics: metricsNow };
  const weighed = weigh(look);
  const decision = weighed.verdict === 'abort' || weighed.verdict === 'promote' ? tally.decision : null;
  const metrics = metricsOfDecision(decision, metricsNow);
  const strongest = decision?.strongest ?? tests.strongest();
  const used = walk.tracks.at(-1)?.used ?? 0;
  const clockMs = Math.max(...walk.tracks.map((track) => track.clockMs));
  return {
    verdict: weighed.verdict,
    reason: reasonOf(weighed.finding, metrics, plan),
    // A promotion also rests on what was not said against it up to now.
    at: isoOf(decision?.kind === 'abort' ? decision.atMs : situation.nowMs),
    callIndex: decision?.callIndex ?? (used === 0 ? null : used - 1),
    decidedBy: strongest.guardrail,
    horizonSeconds: secondsOf(strongest.horizon, plan),
    ...(weighed.unknownBecause !== undefined && { unknownBecause: weighed.unknownBecause }),
    vetoes: weighed.vetoes ?? [],
    metrics,
    logEAbort: decision?.logEAbort ?? tests.logEAbort(),
    logEPromote: decision?.logEPromote ?? tests.logEPromote(),
    logThreshold: Math.log(1 / plan.alpha),
    leansWorse: leansWorse(look),
    assignment: { logE: walk.assignmentLogE, suspect: suspectAssignment(plan, walk) },
    missing: lossesOf(walk.missing),
    refused: lossesOf(walk.refused),
    exposure: tally.exposure.map(({ firstMs, lastMs, ...step }) => ({
      ...step,
      firstAt: isoOf(firstMs),
      lastAt: isoOf(lastMs),
    })),
    calls: {
      used,
      waiting: situation.total - used,
      repeats: tally.repeats,
      contradictory: situation.contradictory,
      lastKnownAt: clockMs === 0 ? null : isoOf(clockMs),
    },
    exampleCallIds: decision?.exampleCallIds ?? examplesOf(tally, strongest),
    timeline: walk.timeline(metricsNow),
    horizonTimelines: plan.horizons.map(({ seconds }, index) => ({
      seconds,
      points: tally.soon[index]?.timeline.points ?? [],
    })),
  };
};

/** An abort shows all horizons as they were; a promotion, which waits for vetoes, the short ones as they are. */
const metricsOfDecision = (decision: Crossing | null, now: Metrics): Metrics => {
  if (!decision) return now;
  const { metrics } = decision;
  if (decision.kind === 'abort') return metrics;
  return { ...metrics, errorRate: { ...metrics.errorRate, horizons: now.errorRate.horizons } };
};

/** Seconds after a call's start; null is W. */
export const secondsOf = (horizon: number | null, plan: CanaryPlan): number =>
  (horizon === null ? undefined : plan.horizons[horizon]?.seconds) ?? plan.outcomeWindowMinutes * 60;

const lossesOf = ({ logE, stable, candidate, suspect }: Losses): Verdict['missing'] => ({
  stableCalls: stable.bad,
  candidateCalls: candidate.bad,
  logE,
  suspect,
});

const suspectAssignment = (plan: CanaryPlan, walk: Walk): boolean =>
  walk.assignmentLogE >= Math.log(1 / plan.assignmentAlpha);

const leansWorse = ({ plan, walk }: Pick<Look, 'plan' | 'walk'>): boolean =>
  walk.tests.logEAbort() >= Math.log(1 / plan.alpha) / 2;

/**
 * An abort was decided while nothing was in doubt, so it stands whatever comes. After that, what could not be measured comes before anything that
 * was; and a promotion waits while anything speaks against it.
 */
const weigh = (look: Look): Weighed => {
  const { decision } = look.walk.tally;
  if (decision?.kind === 'abort') return { verdict: 'abort', finding: abortFinding(decision, look.plan) };
  const unknown = unmeasured(look);
  if (unknown) return { verdict: 'unknown', ...unknown };
  const vetoes = vetoesOf(look);
  if (decision && vetoes.length === 0) {
    const weakest = weakestGuardrail(decision.metrics);
    return { verdict: 'promote', finding: { kind: 'promote', weakest, logE: decision.logEPromote } };
  }
  return { verdict: 'hold', finding: decision ? { kind: 'vetoed', vetoes } : holding(look), vetoes };
};

const abortFinding = ({ strongest, logEAbort, metrics }: Crossing, plan: CanaryPlan): Finding => {
  const margin =
    strongest.horizon === null ? undefined : metrics.errorRate.horizons[strongest.horizon]?.marginPercentagePoints;
  return {
    kind: 'abort',
    heaviest: strongest.guardrail,
    logE: logEAbort,
    ...(margin !== undefined && { soon: { seconds: secondsOf(strongest.horizon, plan), margin } }),
  };
};

/** So many candidate calls must have been expected before it is strange that there is none: by chance one time in twenty. */
const expectedBeforeStrange = 3;

const unmeasured = (look: Look): Omit<Weighed, 'verdict'> | undefined => {
  const { plan, walk, nowMs, sinceMs, contradictory } = look;
  const { tally } = walk;
  if (contradictory > 0)
    return { finding: { kind: 'contradictory', calls: contradictory }, unknownBecause: 'contradictory' };
  const lastMs = tally.lastEndedMs > 0 ? tally.lastEndedMs : sinceMs;
  if (lastMs === undefined) return { finding: { kind: 'no-calls' }, unknownBecause: 'no-calls' };
  const minutes = (nowMs - lastMs) / 60_000;
  if (minutes > plan.evidenceDeadlineMinutes)
    return { finding: { kind: 'stale', minutes: Math.floor(minutes) }, unknownBecause: 'stale' };
  if (tally.seatedCandidates === 0) {
    const expected = tally.expectedCandidates;
    if (expected < expectedBeforeStrange) return { finding: { kind: 'no-calls' }, unknownBecause: 'not-yet' };
    return { finding: { kind: 'no-candidate-call', expected }, unknownBecause: 'no-candidate-call' };
  }
  const { candidate, suspect } = walk.missing;
  if (suspect)
    return { finding: { kind: 'missing', calls: candidate.bad, of: candidate.n }, unknownBecause: 'missing' };
  if (suspectAssignment(plan, walk))
    return { finding: { kind: 'assignment', logE: walk.assignmentLogE }, unknownBecause: 'assignment' };
  return undefined;
};

const vetoesOf = (look: Look): Veto[] => {
  const { plan, baseline, walk, metrics, course, nowMs } = look;
  const vetoes: Veto[] = [];
  if (leansWorse(look)) vetoes.push('leans-worse');
  if (isAboveMargin(metrics, walk.missing.candidate.bad)) vetoes.push('above-margin');
  const errors = baselineRate('errorRate', plan, baseline);
  if (looksWorseLately(course, plan, nowMs, errors)) vetoes.push('recent');
  if (watchedWorse(look) !== undefined) vetoes.push('watched');
  if (walk.refused.suspect) vetoes.push('refused');
  return vetoes;
};

/** A guardrail that the plan does not decide by, and that was shown worse. */
const watchedWorse = ({ plan, metrics }: Look): GuardrailName | undefined =>
  guardrailNames.find((name) => !metrics[name].decides && metrics[name].logEAbort >= Math.log(1 / plan.alpha));

const holding = ({ plan, walk, metrics }: Look): Finding => {
  const { tests, tally } = walk;
  const logEPromote = tests.logEPromote();
  if ((walk.tracks.at(-1)?.used ?? 0) === 0) return { kind: 'no-calls' };
  if (logEPromote >= Math.log(1 / plan.alpha)) return { kind: 'too-few-calls', calls: tally.candidateCalls };
  return { kind: 'inconclusive', weakest: weakestGuardrail(metrics), logEAbort: tests.logEAbort(), logEPromote };
};

/** The deciding guardrail that is the furthest from being cleared. */
const weakestGuardrail = (metrics: Metrics): GuardrailName =>
  guardrailNames
    .filter((name) => metrics[name].decides)
    .reduce((weakest, name) => (metrics[name].logEPromote < metrics[weakest].logEPromote ? name : weakest));
