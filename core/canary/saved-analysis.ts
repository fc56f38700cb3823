import { z } from 'zod';
import { LastgoodError } from '../errors.ts';
import { parseOrThrow } from '../parse.ts';
import { Digest } from '../words/digest.ts';
import { type Analysis, createAnalysis } from './analysis.ts';
import { guardrailNames } from './guardrail.ts';
import { CallOutcome } from './outcome.ts';
import { CanaryPlan } from './plan.ts';
import { WalkState } from './saved-walk.ts';

/** Calls that are kept while they may still change: a window and a minute at 150 calls a second. */
const mostCalls = 100_000;
/** Callers that are kept; more of them are for services that claim every caller once (`distinctCallers`). */
const mostCallers = 100_000;

const Kept = z.strictObject({
  records: z.array(CallOutcome).min(1).max(3),
  contradictory: z.boolean(),
  misplaced: z.boolean(),
});

/**
 * An analysis at rest, as JSON: sums of the calls that are settled at every horizon, and the calls that are not. It does not grow
 * with the length of the canary, only with the calls of one window.
 */
const SavedAnalysisSchema = z.strictObject({
  version: z.literal(2),
  plan: CanaryPlan,
  baseline: z.partialRecord(z.enum(guardrailNames), z.number().nonnegative()).readonly(),
  sinceMs: z.number().nullable(),
  distinctCallers: z.boolean(),
  walk: WalkState,
  /** Callers that have called before the first call in `calls`; empty with `distinctCallers`. */
  callers: z.array(z.string()).max(mostCallers),
  digest: Digest,
  last: z.strictObject({ startedMs: z.number(), sessionId: z.string() }).nullable(),
  contradictory: z.int().nonnegative(),
  /** In order of start. Left out: whoever restores observes all calls again that start after `last`. */
  calls: z.array(Kept).max(mostCalls),
});
type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;
export type SavedAnalysis = DeepReadonly<z.infer<typeof SavedAnalysisSchema>>;

/**
 * What `restoreAnalysis` goes on from: later calls give the same verdicts, to the last bit, as without the break.
 * @param calls `leave-out` when the store can give all calls after `last` again: the state is then a few kilobytes
 * @throws LastgoodError `invalid-input` when more calls or callers than 100,000 would have to be kept
 */
export const saveAnalysis = (analysis: Analysis, calls: 'keep' | 'leave-out' = 'keep'): SavedAnalysis => {
  const { plan, options, ...state } = analysis.state();
  const kept = calls === 'keep' ? state.calls() : [];
  if (kept.length > mostCalls || state.callers.length > mostCallers) {
    throw new LastgoodError(
      'invalid-input',
      `the analysis holds ${kept.length} unsettled calls and ${state.callers.length} callers; ${mostCalls} of each can be kept. Leave the calls out and read them again, and claim each caller once (distinctCallers)`,
    );
  }
  return {
    version: 2,
    plan,
    baseline: options.baseline ?? {},
    sinceMs: options.sinceMs ?? null,
    distinctCallers: options.distinctCallers ?? false,
    ...state,
    calls: kept,
  };
};

/** @throws LastgoodError `invalid-input` when it is no saved analysis, or one of another version */
export const restoreAnalysis = (saved: unknown): Analysis => {
  const { plan, baseline, sinceMs, distinctCallers, ...start } = parseOrThrow(
    SavedAnalysisSchema,
    saved,
    'the saved analysis',
  );
  const options = { baseline, distinctCallers, ...(sinceMs !== null && { sinceMs }) };
  return createAnalysis(plan, options, start);
};
