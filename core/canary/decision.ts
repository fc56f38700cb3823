import { z } from 'zod';
import { stored } from '../stored.ts';
import { Digest } from '../words/digest.ts';
import { type Analysis, createAnalysis } from './analysis.ts';
import { guardrailNames } from './guardrail.ts';
import { type CallOutcome, momentMs } from './outcome.ts';
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
    /** SHA-256, in a chain, over the calls that had started, in order of start and as they were known when it was decided. */
    outcomesDigest: Digest,
    verdict: Verdict,
    /** What was compared: after a promotion stable, as `candidate`, with a holdback on last-good, as `stable`. @default - a canary */
    comparison: z.literal('holdback').optional(),
  })
  .readonly();
export type DecisionRecord = z.infer<typeof DecisionRecord>;
export const storedDecisionRecord = stored(DecisionRecord);

export const decisionRecord = (
  plan: CanaryPlan,
  analysis: Analysis,
  verdict: Verdict,
  baseline: DecisionRecord['baseline'] = {},
): DecisionRecord => ({ plan, baseline, outcomesDigest: analysis.digest(momentMs(verdict.at)), verdict });

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
  compare('horizonSeconds', record.verdict.horizonSeconds, again.horizonSeconds);
  compare('outcomesDigest', record.outcomesDigest, analysis.digest(nowMs));
  for (const name of guardrailNames) compare(name, record.verdict.metrics[name], again.metrics[name]);
  return differences;
};
