import { describe, expect, test } from 'vitest';
import { createAnalysis } from '#core/canary/analysis.ts';
import { DecisionRecord, decisionRecord, recheckDecision } from '#core/canary/decision.ts';
import { type CallOutcome, momentMs } from '#core/canary/outcome.ts';
import { planByName } from '#core/canary/plans.ts';
import { aCall, traffic } from './calls.ts';

const plan = planByName('standard');
const calls = traffic({ calls: 3_000, weightPercent: 20, stableRate: 0.04, candidateRate: 0.25, seed: 11 });
const endMs = Math.max(...calls.map((call) => momentMs(call.endedAt)));

const recordOf = (taken: typeof calls): DecisionRecord => {
  const analysis = createAnalysis(plan);
  taken.forEach((call) => analysis.observe(call));
  return decisionRecord(plan, analysis, analysis.verdict(endMs));
};

describe('a decision record', () => {
  test('can be computed again by anyone, from JSON and from calls in any order', () => {
    const record = DecisionRecord.parse(JSON.parse(JSON.stringify(recordOf(calls))));
    expect(record.verdict.verdict).toBe('abort');
    expect(recheckDecision(record, calls.toReversed())).toEqual([]);
  });

  test('tells when a call was changed after the fact', () => {
    const record = recordOf(calls);
    const index = calls.findIndex((call) => call.arm === 'candidate' && call.outcome === 'failed');
    const changed = calls.map((call, at) => (at === index ? { ...call, outcome: 'completed' as const } : call));
    expect(recheckDecision(record, changed).join('\n')).toContain('outcomesDigest');
  });

  test('tells when its numbers were changed', () => {
    const record = recordOf(calls);
    const { metrics } = record.verdict;
    const errorRate = { ...metrics.errorRate, logEAbort: 9 };
    const forged = { ...record, verdict: { ...record.verdict, metrics: { ...metrics, errorRate } } };
    expect(recheckDecision(forged, calls).join('\n')).toContain('errorRate: recorded');
  });

  test('also stands for a canary that holds', () => {
    const few = calls.slice(0, 60);
    const analysis = createAnalysis(plan);
    few.forEach((call) => analysis.observe(call));
    const record = decisionRecord(
      plan,
      analysis,
      analysis.verdict(Math.max(...few.map((call) => momentMs(call.endedAt)))),
    );
    expect(record.verdict.verdict).toBe('hold');
    expect(recheckDecision(record, few)).toEqual([]);
  });

  test('its digest does not depend on how absent fields and times are written', () => {
    const call = aCall();
    const digestOf = (one: CallOutcome): string => {
      const analysis = createAnalysis(plan);
      analysis.observe(one);
      return analysis.digest(momentMs(one.startedAt) + 3_600_000);
    };
    const same = { ...call, startedAt: momentMs(call.startedAt), errorClass: null, sessionId: null, escalated: false };
    expect(digestOf(same)).toBe(digestOf(call));
    expect(digestOf({ ...call, costUsd: 0.2 })).not.toBe(digestOf(call));
    expect(digestOf({ ...call, recordedAt: momentMs(call.endedAt) + 1 })).not.toBe(digestOf(call));
  });

  test('stays far below the size of an item', () => {
    expect(JSON.stringify(recordOf(calls)).length).toBeLessThan(150_000);
  });
});
