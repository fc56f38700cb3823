import { type Arrival, type OrderedCall, createCallOrder, settledAtMs } from './call-order.ts';
import { type GuardrailName, guardrailNames } from './guardrail.ts';
import type { Baseline } from './guardrail-tests.ts';
import { type CallOutcome, isoOf } from './outcome.ts';
import type { CanaryPlan } from './plan.ts';
import { type Finding, reasonOf } from './reason.ts';
import type { Metrics, Verdict } from './verdict.ts';
import { type Walk, type WalkState, createWalk } from './walk.ts';

export interface AnalysisOptions {
  /** @default the plan's baselines */
  readonly baseline?: Baseline;
  /** Start of the canary, epoch milliseconds: without any call, evidence is late from here on. @default the first call's start */
  readonly sinceMs?: number;
}

/** Incremental analysis: the same calls give the same numbers in whatever portions and order they arrive. */
export interface Analysis {
  /** Takes a record of a call: open, ended, or either one again. */
  observe(call: CallOutcome): Arrival['kind'];
  /** @param nowMs epoch milliseconds; a call that is not settled by then holds back all that started after it */
  verdict(nowMs: number): Verdict;
  /** The calls used so far, in order of start: what a decision record digests. */
  usedCalls(): readonly CallOutcome[];
}

interface Checkpoint {
  readonly used: number;
  readonly state: WalkState;
}

/** A late record costs at most a walk from the checkpoint before it. */
const checkpointEvery = 1_024;
const mostCheckpoints = 64;

export const createAnalysis = (plan: CanaryPlan, options: AnalysisOptions = {}): Analysis => {
  const baseline = options.baseline ?? {};
  const windowMs = plan.outcomeWindowMinutes * 60_000;
  const order = createCallOrder();
  /** Every caller's first call, among those the walk has taken. */
  const callers = new Map<string, OrderedCall>();
  let walk = createWalk(plan, baseline);
  let checkpoints: Checkpoint[] = [];

  const rewind = (place: number): void => {
    const { used } = walk.tally;
    if (place >= used) return;
    checkpoints = checkpoints.filter((checkpoint) => checkpoint.used <= place);
    const from = checkpoints.at(-1);
    walk = createWalk(plan, baseline, from?.state);
    for (const entry of order.calls.slice(from?.used ?? 0))
      if (callers.get(entry.call.callerId) === entry) callers.delete(entry.call.callerId);
  };

  const advance = (nowMs: number): void => {
    rewind(order.settle());
    while (!walk.aborted) {
      const entry = order.calls[walk.tally.used];
      if (!entry || settledAtMs(entry, windowMs) > nowMs) break;
      const first = !callers.has(entry.call.callerId);
      if (first) callers.set(entry.call.callerId, entry);
      walk.take(entry, first && !entry.contradictory);
      if (walk.tally.used % checkpointEvery === 0) remember();
    }
  };

  const remember = (): void => {
    checkpoints.push({ used: walk.tally.used, state: walk.state() });
    if (checkpoints.length > mostCheckpoints) checkpoints = checkpoints.filter((_, index) => index % 2 === 1);
  };

  return {
    observe: (call) => order.add(call).kind,
    verdict(nowMs) {
      advance(nowMs);
      const sinceMs = options.sinceMs ?? order.calls[0]?.startedMs;
      return verdictOf(plan, walk, {
        nowMs,
        total: order.calls.length,
        contradictory: order.contradictory,
        ...(sinceMs === undefined ? {} : { sinceMs }),
      });
    },
    usedCalls: () => order.calls.slice(0, walk.tally.used).map(({ call }) => call),
  };
};

/** The verdict on all calls at once: the same as taking them one by one. */
export const analyze = (
  plan: CanaryPlan,
  calls: Iterable<CallOutcome>,
  options: AnalysisOptions & { readonly nowMs: number },
): Verdict => {
  const analysis = createAnalysis(plan, options);
  for (const call of calls) analysis.observe(call);
  return analysis.verdict(options.nowMs);
};

interface Situation {
  readonly nowMs: number;
  readonly sinceMs?: number;
  readonly total: number;
  readonly contradictory: number;
}

const verdictOf = (plan: CanaryPlan, walk: Walk, situation: Situation): Verdict => {
  const { tally } = walk;
  const metricsNow = walk.metrics();
  const [verdict, finding] = judge(plan, walk, metricsNow, situation);
  const decision = finding.kind === 'abort' || finding.kind === 'promote' ? tally.decision : null;
  const metrics = decision?.metrics ?? metricsNow;
  const logThreshold = Math.log(1 / plan.alpha);
  const logEAbort = decision?.logEAbort ?? walk.logEAbort;
  const heaviest = decision?.heaviest ?? walk.heaviest();
  return {
    verdict,
    reason: reasonOf(finding, metrics, plan),
    at: isoOf(decision?.atMs ?? situation.nowMs),
    callIndex: decision?.callIndex ?? (tally.used === 0 ? null : tally.used - 1),
    decidedBy: heaviest,
    metrics,
    logEAbort,
    logEPromote: decision?.logEPromote ?? walk.logEPromote,
    logThreshold,
    leansWorse: walk.logEAbort >= logThreshold / 2,
    assignment: { logE: walk.assignmentLogE, suspect: suspectAssignment(plan, walk) },
    missing: {
      stableCalls: walk.missing.stable.bad,
      candidateCalls: walk.missing.candidate.bad,
      logE: walk.missing.logE,
      suspect: suspectMissing(plan, walk),
    },
    exposure: tally.exposure.map(({ firstMs, lastMs, ...step }) => ({
      ...step,
      firstAt: isoOf(firstMs),
      lastAt: isoOf(lastMs),
    })),
    calls: {
      used: tally.used,
      waiting: situation.total - tally.used,
      repeats: tally.repeats,
      contradictory: situation.contradictory,
      lastKnownAt: tally.used === 0 ? null : isoOf(tally.lastKnownMs),
    },
    exampleCallIds: decision?.exampleCallIds ?? tally.examples[heaviest] ?? [],
    timeline: walk.timeline(),
  };
};

const suspectAssignment = (plan: CanaryPlan, walk: Walk): boolean =>
  walk.assignmentLogE >= Math.log(1 / plan.assignmentAlpha);

const fewCalls = 10;

/** A call that is open at W counts as not bad, which is fair only while open calls are few and alike in both arms. */
const suspectMissing = (plan: CanaryPlan, { missing }: Walk): boolean =>
  missing.logE >= Math.log(1 / plan.assignmentAlpha) ||
  (missing.candidate.n >= fewCalls && missing.candidate.bad * 2 > missing.candidate.n);

/** An abort stands whatever comes; promotion needs evidence that is in time, consistent and from a sound router. */
const judge = (plan: CanaryPlan, walk: Walk, metrics: Metrics, situation: Situation): [Verdict['verdict'], Finding] => {
  const { tally } = walk;
  const { decision } = tally;
  if (decision?.kind === 'abort')
    return ['abort', { kind: 'abort', heaviest: decision.heaviest, logE: decision.logEAbort }];
  if (situation.contradictory > 0) return ['unknown', { kind: 'contradictory', calls: situation.contradictory }];
  const lastMs = tally.lastEndedMs > 0 ? tally.lastEndedMs : situation.sinceMs;
  if (lastMs === undefined) return ['unknown', { kind: 'no-calls' }];
  const minutes = (situation.nowMs - lastMs) / 60_000;
  if (minutes > plan.evidenceDeadlineMinutes) return ['unknown', { kind: 'stale', minutes: Math.floor(minutes) }];
  if (suspectMissing(plan, walk))
    return ['unknown', { kind: 'missing', calls: walk.missing.candidate.bad, of: walk.missing.candidate.n }];
  if (suspectAssignment(plan, walk)) return ['unknown', { kind: 'assignment', logE: walk.assignmentLogE }];
  if (decision) {
    const weakest = weakestGuardrail(decision.metrics);
    return ['promote', { kind: 'promote', weakest, logE: decision.logEPromote }];
  }
  if (tally.used === 0) return ['hold', { kind: 'no-calls' }];
  const cleared = walk.logEPromote >= Math.log(1 / plan.alpha);
  if (cleared) return ['hold', { kind: 'too-few-calls', calls: tally.candidateCalls }];
  return [
    'hold',
    {
      kind: 'inconclusive',
      weakest: weakestGuardrail(metrics),
      logEAbort: walk.logEAbort,
      logEPromote: walk.logEPromote,
    },
  ];
};

/** The deciding guardrail that is the furthest from being cleared. */
const weakestGuardrail = (metrics: Metrics): GuardrailName =>
  guardrailNames
    .filter((name) => metrics[name].decides)
    .reduce((weakest, name) => (metrics[name].logEPromote < metrics[weakest].logEPromote ? name : weakest));
