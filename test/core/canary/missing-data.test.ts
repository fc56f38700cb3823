import { describe, expect, test } from 'vitest';
import { analyze, createAnalysis } from '#core/canary/analysis.ts';
import { type CallOutcome, momentMs, parseOutcomes } from '#core/canary/outcome.ts';
import { parsePlan } from '#core/canary/plan.ts';
import { planByName } from '#core/canary/plans.ts';
import { aCall, minute, startMs, stillOpen, traffic } from './calls.ts';

const plan = parsePlan({ name: 'mine', steps: [{ weightPercent: 50 }] });
const everything = planByName('standard');
const endOf = (calls: readonly CallOutcome[]): number =>
  Math.max(...calls.map((call) => momentMs(call.endedAt ?? call.startedAt)));
/** Every `n`th call of the candidate, changed. */
const someOf = (
  calls: readonly CallOutcome[],
  n: number,
  change: (call: CallOutcome) => CallOutcome,
  arm: 'stable' | 'candidate' | 'both' = 'candidate',
): CallOutcome[] => {
  let seen = 0;
  return calls.map((call) => {
    if (arm !== 'both' && call.arm !== arm) return call;
    seen += 1;
    return seen % n === 0 ? change(call) : call;
  });
};

describe('a call that is open at W', () => {
  const long = aCall({ arm: 'candidate', atSecond: 0 });
  const atW = startMs + 10 * minute + 5_000;
  const seen = (call: CallOutcome) => {
    const { metrics, missing } = analyze(plan, [call, aCall({ atSecond: 1 })], { nowMs: atW + 60 * minute });
    return { n: metrics.errorRate.candidate.n, lost: missing.candidateCalls };
  };

  test.each<[string, CallOutcome, { n: number; lost: number }]>([
    [
      'is alive when its host vouched for it',
      { ...stillOpen(long), aliveUntil: startMs + 10 * minute },
      { n: 1, lost: 0 },
    ],
    ['is unknown when nobody did', stillOpen(long), { n: 0, lost: 1 }],
    ['is unknown when its host stopped', { ...stillOpen(long), aliveUntil: startMs + 9 * minute }, { n: 0, lost: 1 }],
    [
      'was alive when its end, which came without a stamp, is later',
      { ...long, endedAt: startMs + 20 * minute },
      { n: 1, lost: 0 },
    ],
    ['is unknown when its end was stamped too late', { ...long, recordedAt: atW + 1 }, { n: 0, lost: 1 }],
    [
      'is unknown when it was reported lost',
      { ...stillOpen(long), aliveUntil: atW, lost: 'after-hand-over' },
      { n: 0, lost: 1 },
    ],
    [
      'was alive when its host vouched for it and the loss was stamped later',
      { ...stillOpen(long), aliveUntil: startMs + 10 * minute, lost: 'after-hand-over', recordedAt: atW + 20 * minute },
      { n: 1, lost: 0 },
    ],
    ['leaves the test when it was refused', { ...stillOpen(long), lost: 'before-hand-over' }, { n: 0, lost: 0 }],
  ])('%s', (_, call, expected) => {
    expect(seen(call)).toEqual(expected);
  });

  test('costs the candidate nothing against an abort, and the cap against a promotion', () => {
    const calls = traffic({ calls: 2_000, weightPercent: 50, stableRate: 0, candidateRate: 0, seed: 4 });
    const open = someOf(calls, 2, (call) => ({ ...stillOpen(call), aliveUntil: endOf(calls) + 20 * minute }));
    const { metrics } = analyze(everything, open, { nowMs: endOf(calls) + 11 * minute });
    expect(metrics.meanCost.logEAbort).toBeLessThan(0);
    expect(metrics.meanCost.logEPromote).toBeLessThan(0);
    expect(metrics.meanCost.candidate.sumUsd / metrics.meanCost.candidate.n).toBeLessThan(0.3);
  });
});

describe('unknown comes before any verdict', () => {
  const equal = traffic({ calls: 20_000, weightPercent: 50, stableRate: 0.02, candidateRate: 0.02, seed: 9 });
  const nowMs = endOf(equal) + 10 * minute + 5_000;
  const verdictOn = (calls: readonly CallOutcome[]) => analyze(everything, calls, { nowMs });

  test('no call of the candidate at all aborts nothing, at any weight and number of stable calls', () => {
    for (const weightPercent of [5, 20, 50]) {
      for (const calls of [1, 10, 60, 500]) {
        const stable = Array.from({ length: calls }, (_, index) => aCall({ atSecond: index * 3, weightPercent }));
        expect(analyze(everything, stable, { nowMs: endOf(stable) + 1_000 })).toMatchObject({
          verdict: 'unknown',
          reason: expect.stringContaining('no call of the candidate is known'),
        });
      }
    }
  });

  test('says when it is strange that the candidate has none, and when it is only early', () => {
    const stable = Array.from({ length: 50 }, (_, index) => aCall({ atSecond: index, weightPercent: 20 }));
    const because = (count: number) =>
      analyze(plan, stable.slice(0, count), { nowMs: startMs + 3 * minute }).unknownBecause;
    expect(because(10)).toBe('not-yet');
    expect(because(20)).toBe('no-candidate-call');
  });

  test('one call in ten of the candidate lost: no abort, no promotion', () => {
    expect(['hold', 'unknown']).toContain(verdictOn(someOf(equal, 10, stillOpen)).verdict);
  });

  test('most calls of the candidate lost: unknown, whatever the open ones cost', () => {
    const calls = traffic({ calls: 1_500, weightPercent: 20, stableRate: 0.04, candidateRate: 0.04, seed: 2 });
    const lost = someOf(calls, 3, (call) => call).map((call, index) =>
      call.arm === 'candidate' && index % 10 < 7 ? { ...stillOpen(call), costUsd: 0.05 } : call,
    );
    expect(analyze(everything, lost, { nowMs: endOf(calls) + 11 * minute })).toMatchObject({
      verdict: 'unknown',
      unknownBecause: 'missing',
      missing: { suspect: true },
    });
  });

  test('a few lost in both arms delay and do not decide', () => {
    const lost = someOf(equal, 200, stillOpen, 'both');
    const { metrics } = verdictOn(lost);
    expect(verdictOn(lost).verdict).not.toBe('abort');
    expect(metrics.errorRate.logEPromote).toBeLessThan(verdictOn(equal).metrics.errorRate.logEPromote + 5);
  });

  test('a candidate that fails and loses calls is still aborted while not most of them are lost', () => {
    const failing = traffic({ calls: 600, weightPercent: 50, stableRate: 0.02, candidateRate: 0.6, seed: 3 });
    expect(analyze(plan, someOf(failing, 100, stillOpen), { nowMs: endOf(failing) })).toMatchObject({
      verdict: 'abort',
    });
  });

  test('records that disagree about how a call went count at their worst, and forbid a promotion', () => {
    const first = equal[0] ?? aCall();
    const twin = { ...first, outcome: first.outcome === 'failed' ? ('completed' as const) : ('failed' as const) };
    expect(analyze(plan, [...equal, twin], { nowMs })).toMatchObject({
      verdict: 'unknown',
      unknownBecause: 'contradictory',
      calls: { contradictory: 1 },
    });
  });
});

test('clocks that differ by milliseconds refuse no file: an end before its start is the start', () => {
  const line = (change: object): string => JSON.stringify({ ...aCall(), ...change });
  const { calls } = parseOutcomes(
    `${line({})}\n${line({ callerId: 'skewed', endedAt: new Date(startMs - 3).toISOString() })}`,
  );
  expect(calls).toHaveLength(2);
  const analysis = createAnalysis(plan);
  calls.forEach((call) => analysis.observe(call));
  expect(analysis.verdict(startMs + minute).calls).toMatchObject({ used: 2, waiting: 0 });
  expect(() => parseOutcomes(line({ endedAt: new Date(startMs - 5_001).toISOString() }))).toThrow('must not be before');
});

test('a byte-order mark at the head is no part of the first line', () => {
  expect(parseOutcomes(`\uFEFF${JSON.stringify(aCall())}\n`).calls).toHaveLength(1);
});
