import { createHash } from 'node:crypto';
import { z } from 'zod';
import { stored } from '../stored.ts';
import { Digest } from '../words/digest.ts';
import { type Analysis, createAnalysis } from './analysis.ts';
import { guardrailNames } from './guardrail.ts';
import { type CallOutcome, callEndedMs, isoOf, momentMs } from './outcome.ts';
import { CanaryPlan } from './plan.ts';
import { Verdict } from './verdict.ts';

/**
 * Everything that a verdict rests on: with the calls behind `outcomesDigest` anyone can compute it again. `verdict` holds
 * rates, counts, evidence per guardrail, examples and timeline; `plan` holds alpha, margins and window.
 */
export const DecisionRecord = z
  .strictObject({
    plan: CanaryPlan,
    /** What was known of stable before: rates in [0, 1], mean cost in US dollars. */
    baseline: z.partialRecord(z.enum(guardrailNames), z.number().nonnegative()).readonly(),
    /** SHA-256 over the calls up to the deciding one, in order of start. */
    outcomesDigest: Digest,
    verdict: Verdict,
  })
  .readonly();
export type DecisionRecord = z.infer<typeof DecisionRecord>;
export const storedDecisionRecord = stored(DecisionRecord);

/** One fixed line per call, so that absent, null and default fields give one digest. */
const digestLine = (call: CallOutcome): string =>
  JSON.stringify([
    isoOf(momentMs(call.startedAt)),
    call.callerId,
    call.arm,
    call.weightPercent,
    callEndedMs(call) ?? null,
    call.outcome ?? null,
    call.errorClass ?? null,
    call.escalated ?? call.outcome === 'escalated',
    call.costUsd ?? null,
    call.slowTurns ?? null,
    call.turns ?? null,
    call.taskSucceeded ?? null,
    call.sessionId ?? null,
  ]);

/** SHA-256 of calls in order, one line each. */
export const digestOfOutcomes = (calls: Iterable<CallOutcome>): Digest => {
  const hash = createHash('sha256');
  for (const call of calls) hash.update(`${digestLine(call)}\n`);
  return Digest.parse(hash.digest('hex'));
};

export const decisionRecord = (
  plan: CanaryPlan,
  analysis: Analysis,
  verdict: Verdict,
  baseline: DecisionRecord['baseline'] = {},
): DecisionRecord => ({ plan, baseline, outcomesDigest: digestOfDeciding(analysis, verdict), verdict });

const digestOfDeciding = (analysis: Analysis, { callIndex }: Verdict): Digest =>
  digestOfOutcomes(analysis.usedCalls().slice(0, callIndex === null ? 0 : callIndex + 1));

/**
 * Computes a decision again from its calls.
 * @param calls in any order; those that the decision did not use may be among them
 * @returns what differs, in sentences; empty when the record holds
 */
export const recheckDecision = (record: DecisionRecord, calls: readonly CallOutcome[]): string[] => {
  const nowMs = momentMs(record.verdict.at);
  const analysis = createAnalysis(record.plan, { baseline: record.baseline });
  for (const call of calls) analysis.observe(call);
  const again = analysis.verdict(nowMs);
  const differences: string[] = [];
  const compare = (what: string, recorded: unknown, computed: unknown): void => {
    if (JSON.stringify(recorded) !== JSON.stringify(computed))
      differences.push(`${what}: recorded ${JSON.stringify(recorded)}, computed ${JSON.stringify(computed)}`);
  };
  compare('verdict', record.verdict.verdict, again.verdict);
  compare('callIndex', record.verdict.callIndex, again.callIndex);
  compare('at', record.verdict.at, again.at);
  compare('outcomesDigest', record.outcomesDigest, digestOfDeciding(analysis, again));
  for (const name of guardrailNames) compare(name, record.verdict.metrics[name], again.metrics[name]);
  return differences;
};
