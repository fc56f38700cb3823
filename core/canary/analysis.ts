import type { Digest } from '../words/digest.ts';
import { type ArrivalKind, type KeptCall, type OrderedCall, contradictoryAmong, keptCall } from './call-order.ts';
import { CourseOfCalls, type Resumed } from './course-of-calls.ts';
import { digestLine, digestOfLines, emptyDigest } from './digest.ts';
import type { Baseline } from './guardrail-wiring.ts';
import { type CallOutcome, momentMs } from './outcome.ts';
import type { CanaryPlan } from './plan.ts';
import { stampGraceMs } from './reading.ts';
import { verdictOf } from './verdict-of.ts';
import type { Verdict } from './verdict.ts';
import type { WalkState } from './walk.ts';

export interface AnalysisOptions {
  /** @default the plan's baselines */
  readonly baseline?: Baseline;
  /** Start of the canary, epoch milliseconds: without any call, evidence is late from here on. @default the first call's start */
  readonly sinceMs?: number;
  /** Every record is of its caller's first call, so no caller needs to be remembered. @default false */
  readonly distinctCallers?: boolean;
}

/** Incremental analysis: the same calls give the same numbers in whatever portions and order they arrive. */
export interface Analysis {
  /**
   * Takes a record of a call: open, ended, lost, or either one again. `behind`: the call lies before the point up to which calls were
   * let go, so what it was taken for stands.
   */
  observe(call: CallOutcome): ArrivalKind | 'behind';
  /** @param nowMs epoch milliseconds; nothing that was stamped later is used */
  verdict(nowMs: number): Verdict;
  /** Digest of all calls that started by then, as they were known: what a decision record holds. */
  digest(atMs: number): Digest;
  /**
   * Lets go of the calls that nothing can change any more. A record that comes later than a minute after its stamp may find that its
   * call is one of them. @returns the last one, in order of start
   */
  forget(): Place | null;
  /** What another analysis needs to go on from here: `saveAnalysis`. Forgets first. */
  state(): AnalysisState;
}

/** Everything about the calls that nothing can change any more. */
export interface AnalysisState {
  readonly plan: CanaryPlan;
  readonly options: AnalysisOptions;
  readonly walk: WalkState;
  readonly callers: readonly string[];
  /** Digest of the calls that are left out. */
  readonly digest: Digest;
  /** The last of them, in order of start. */
  readonly last: Place | null;
  readonly contradictory: number;
  /** The calls that may still change; asked for only by who keeps them. */
  readonly calls: () => readonly KeptCall[];
}

export interface Place {
  readonly startedMs: number;
  readonly sessionId: string;
}

export interface AnalysisStart extends Resumed {
  readonly digest: Digest;
  readonly last: Place | null;
  readonly contradictory: number;
  readonly calls: readonly KeptCall[];
}

/** Records that come later than this after their stamp may find a short horizon settled in a restored analysis. */
const lateRecordsMs = 60_000;

export const createAnalysis = (plan: CanaryPlan, options: AnalysisOptions = {}, resumed?: AnalysisStart): Analysis => {
  const baseline = options.baseline ?? {};
  const course = new CourseOfCalls(plan, baseline, options.distinctCallers ?? false, resumed);
  const { order } = course;
  let last = resumed?.last ?? null;
  let before = { digest: resumed?.digest ?? emptyDigest, contradictory: resumed?.contradictory ?? 0 };
  for (const kept of resumed?.calls ?? []) order.restore(kept);
  const forget = (): Resumed => {
    course.settle();
    const { gone, ...from } = course.forget(lateRecordsMs);
    const end = gone.at(-1);
    if (end) last = { startedMs: end.startedMs, sessionId: end.sessionId };
    before = {
      digest: digestOfLines(linesOf(gone, course, Number.POSITIVE_INFINITY), before.digest),
      contradictory: before.contradictory + contradictoryAmong(gone),
    };
    return from;
  };

  return {
    observe: (call) => (isBehind(call, last) ? 'behind' : order.add(call)),
    verdict(nowMs) {
      course.advance(nowMs);
      const sinceMs = options.sinceMs ?? last?.startedMs ?? order.calls[0]?.startedMs;
      return verdictOf(plan, baseline, course, {
        nowMs,
        total: course.firstPlace + order.calls.length,
        contradictory: before.contradictory + order.contradictory,
        ...(sinceMs !== undefined && { sinceMs }),
      });
    },
    digest(atMs) {
      course.settle();
      const started = order.calls.filter(({ startedMs }) => startedMs <= atMs - stampGraceMs);
      return digestOfLines(linesOf(started, course, atMs), before.digest);
    },
    forget() {
      forget();
      return last;
    },
    state: () => ({ plan, options, ...forget(), ...before, last, calls: () => order.calls.map(keptCall) }),
  };
};

const linesOf = (calls: readonly OrderedCall[], { horizons }: CourseOfCalls, atMs: number): string[] => {
  const windowMs = horizons.at(-1)?.ms ?? 0;
  return calls.map((call) => digestLine(call, windowMs, atMs));
};

const isBehind = (call: CallOutcome, last: Place | null): boolean => {
  if (last === null) return false;
  const startedMs = momentMs(call.startedAt);
  return startedMs < last.startedMs || (startedMs === last.startedMs && (call.sessionId ?? '') <= last.sessionId);
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
