import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyze, createAnalysis } from '#core/canary/analysis.ts';
import { callKey, momentMs } from '#core/canary/outcome.ts';
import { parsePlan } from '#core/canary/plan.ts';
import { planByName } from '#core/canary/plans.ts';
import { Verdict } from '#core/canary/verdict.ts';
import { aCall, minute, startMs, stillOpen, traffic } from './calls.ts';

const plan = parsePlan({ name: 'mine', steps: [{ weightPercent: 5 }] });
const everything = planByName('standard');
const later = startMs + 24 * 60 * minute;
const end = (calls: readonly { readonly endedAt?: string | number | null | undefined }[]): number =>
  Math.max(...calls.map((call) => momentMs(call.endedAt)));

describe('the verdict', () => {
  test('aborts a candidate that is worse, with a sentence a person understands', () => {
    const calls = traffic({ calls: 4_000, weightPercent: 5, stableRate: 0.03, candidateRate: 0.2, seed: 4 });
    const verdict = analyze(plan, calls, { nowMs: end(calls) });
    expect(verdict.verdict).toBe('abort');
    expect(verdict.reason).toMatch(
      /^candidate fails \d+ of \d+ calls, stable \d+ of [\d,]+: worse by more than 2 points, evidence 20:1$/,
    );
    expect(verdict.metrics.errorRate.logEAbort).toBeGreaterThanOrEqual(Math.log(20));
    expect(verdict.exampleCallIds.length).toBeGreaterThan(0);
    expect(Verdict.parse(JSON.parse(JSON.stringify(verdict)))).toEqual(verdict);
  });

  test('names the deciding call by its index in order of start, and nothing after it counts', () => {
    const calls = traffic({ calls: 4_000, weightPercent: 5, stableRate: 0.03, candidateRate: 0.2, seed: 4 });
    const { callIndex, at, horizonSeconds, metrics } = analyze(plan, calls, { nowMs: end(calls) });
    const upTo = (last: number) => analyze(plan, calls.slice(0, last + 1), { nowMs: end(calls) });
    const again = upTo(callIndex ?? -1);
    expect(again).toMatchObject({ verdict: 'abort', callIndex, at, horizonSeconds });
    const { horizons: _ahead, ...atWindow } = metrics.errorRate;
    expect(again.metrics.errorRate).toMatchObject(atWindow);
    expect(upTo((callIndex ?? 0) - 1).verdict).not.toBe('abort');
    expect(calls[callIndex ?? -1]).toMatchObject({ arm: 'candidate', outcome: 'failed' });
  });

  test('promotes an equal candidate and keeps the numbers of the deciding call', () => {
    const calls = traffic({ calls: 40_000, weightPercent: 10, stableRate: 0.02, candidateRate: 0.02, seed: 8 });
    const verdict = analyze(plan, calls, { nowMs: end(calls) });
    expect(verdict.verdict).toBe('promote');
    expect(verdict.reason).toContain('not worse by 2 points');
    expect(verdict.metrics.errorRate.logEPromote).toBeGreaterThanOrEqual(Math.log(20));
    const { horizons: _ahead, ...atWindow } = verdict.metrics.errorRate;
    const again = analyze(plan, calls.slice(0, (verdict.callIndex ?? 0) + 1), { nowMs: end(calls) });
    expect(again.metrics.errorRate).toMatchObject(atWindow);
  });

  test('an abort after a promote verdict replaces it', () => {
    const good = traffic({ calls: 8_000, weightPercent: 50, stableRate: 0.01, candidateRate: 0.01, seed: 2 });
    const bad = traffic({ calls: 12_000, weightPercent: 50, stableRate: 0.01, candidateRate: 0.6, seed: 3 }).slice(
      8_000,
    );
    expect(analyze(plan, good, { nowMs: later }).verdict).toBe('unknown');
    expect(analyze(plan, good, { nowMs: end(good) }).verdict).toBe('promote');
    expect(analyze(plan, [...good, ...bad], { nowMs: end(bad) }).verdict).toBe('abort');
  });

  test('does not promote below the minimum of candidate calls', () => {
    const wide = parsePlan({
      ...plan,
      marginPercentagePoints: 40,
      minimumCallsToPromote: 60,
      guardrails: { errorRate: {} },
    });
    const calls = traffic({ calls: 100, weightPercent: 50, stableRate: 0, candidateRate: 0, seed: 5 });
    expect(analyze(wide, calls, { nowMs: end(calls) })).toMatchObject({ verdict: 'hold' });
    expect(analyze(wide, calls, { nowMs: end(calls) }).reason).toContain('the plan wants 60 before it promotes');
    const more = traffic({ calls: 200, weightPercent: 50, stableRate: 0, candidateRate: 0, seed: 5 });
    const promoted = analyze(wide, more, { nowMs: end(more) });
    expect(promoted).toMatchObject({ verdict: 'promote', metrics: { errorRate: { candidate: { n: 60 } } } });
  });

  test('splits alpha: any guardrail aborts, and all together are one evidence', () => {
    const calls = traffic({ calls: 3_000, weightPercent: 50, stableRate: 0.02, candidateRate: 0.02, seed: 6 }).map(
      (call) => ({
        ...call,
        escalated: call.arm === 'candidate' && momentMs(call.endedAt) % 3 === 0,
        taskSucceeded: true,
      }),
    );
    const verdict = analyze(everything, calls, { nowMs: end(calls) });
    expect(verdict).toMatchObject({ verdict: 'abort', decidedBy: 'interventionRate' });
    expect(verdict.reason).toContain('hands over to a person');
    expect(analyze(plan, calls, { nowMs: end(calls) }).decidedBy).toBe('errorRate');
  });

  test('aborts on mean cost', () => {
    const calls = traffic({ calls: 4_000, weightPercent: 50, stableRate: 0.02, candidateRate: 0.02, seed: 6 }).map(
      (call) => ({
        ...call,
        costUsd: call.arm === 'candidate' ? 0.7 : 0.2,
      }),
    );
    const verdict = analyze(everything, calls, { nowMs: end(calls) });
    expect(verdict.verdict).toBe('abort');
    expect(verdict.decidedBy).toBe('meanCost');
    expect(verdict.reason).toMatch(
      /^candidate costs \$0\.7 a call over \d+ calls, stable \$0\.2 over \d+: worse by more than \$0\.1/,
    );
  });

  test('promotes only when every deciding guardrail is clear', () => {
    const calls = traffic({ calls: 30_000, weightPercent: 20, stableRate: 0.02, candidateRate: 0.02, seed: 9 });
    const withoutTurns = calls.map(({ turns: _turns, slowTurns: _slow, ...call }) => call);
    expect(analyze(everything, calls, { nowMs: end(calls) }).verdict).toBe('promote');
    expect(analyze(everything, withoutTurns, { nowMs: end(calls) }).verdict).toBe('hold');
  });

  test('with blue-green compares all callers with those who stay on stable', () => {
    const blueGreen = planByName('blue-green');
    const weightPercent = blueGreen.steps[0]?.weightPercent ?? 0;
    expect(weightPercent).toBe(90);
    const verdictAt = (stableRate: number, candidateRate: number) => {
      const calls = traffic({ calls: 20_000, weightPercent, stableRate, candidateRate, seed: 3 });
      return analyze(blueGreen, calls, { nowMs: end(calls), baseline: { errorRate: 0.05 } }).verdict;
    };
    expect(verdictAt(0.05, 0.15)).toBe('abort');
    expect(verdictAt(0.05, 0.05)).toBe('promote');
    // Whatever the org states, a service that always fails 12 % is compared with itself.
    expect(verdictAt(0.12, 0.12)).not.toBe('abort');
  });

  test('with blue-green decides on mean cost, of which nobody has to say anything before', () => {
    const byCost = parsePlan({
      name: 'bg',
      kind: 'blue-green',
      steps: [{ weightPercent: 100 }],
      holdback: { percent: 20 },
      guardrails: { errorRate: {}, meanCost: {} },
    });
    const verdictAt = (candidateUsd: number) => {
      const calls = traffic({ calls: 40_000, weightPercent: 80, stableRate: 0.01, candidateRate: 0.01, seed: 3 }).map(
        (call) => ({ ...call, costUsd: call.arm === 'candidate' ? candidateUsd : 0.1 }),
      );
      return analyze(byCost, calls, { nowMs: end(calls) }).verdict;
    };
    expect(verdictAt(0.1)).toBe('promote');
    expect(verdictAt(0.5)).toBe('abort');
  });
});

describe('the order of the test', () => {
  test('is that of starts: a call waits for every earlier call to be settled', () => {
    const long = aCall({ atSecond: 0, endedAt: new Date(startMs + 8 * minute).toISOString() });
    const short = aCall({ atSecond: 60, arm: 'candidate', outcome: 'failed' });
    const used = (nowMs: number): number => analyze(plan, [long, short], { nowMs }).calls.used;
    expect(used(startMs + 7 * minute)).toBe(0);
    expect(used(startMs + 8 * minute)).toBe(2);
  });

  test('waits no longer than W for a call that stays open', () => {
    const calls = [stillOpen(aCall({ atSecond: 0 })), aCall({ atSecond: 60 })];
    const untilMs = startMs + 10 * minute + 5_000;
    expect(analyze(plan, calls, { nowMs: untilMs - 1 }).calls).toMatchObject({ used: 0, waiting: 2 });
    expect(analyze(plan, calls, { nowMs: untilMs }).calls).toMatchObject({ used: 2, waiting: 0 });
  });

  test('a caller enters once, with the first call', () => {
    const again = Array.from({ length: 50 }, (_, call) =>
      aCall({ atSecond: 10 + call, arm: 'candidate', outcome: 'failed', callerId: 'unlucky' }),
    );
    const verdict = analyze(plan, [aCall(), ...again], { nowMs: startMs + 5 * minute });
    expect(verdict.metrics.errorRate.candidate).toEqual({ n: 1, bad: 1 });
    expect(verdict.calls).toMatchObject({ used: 51, repeats: 49 });
  });

  test('every call brings its own weight', () => {
    const calls = [5, 5, 25, 50].map((weightPercent, index) => aCall({ atSecond: index * 60, weightPercent }));
    expect(analyze(plan, calls, { nowMs: startMs + 5 * minute }).exposure.map((step) => step.weightPercent)).toEqual([
      5, 25, 50,
    ]);
  });
});

describe('incremental and from scratch', () => {
  const world = fc.record({
    seed: fc.nat(10_000),
    candidateRate: fc.constantFrom(0, 0.05, 0.3),
    weightPercent: fc.constantFrom(5, 30, 50),
    order: fc.infiniteStream(fc.nat()),
    windowMinutes: fc.constantFrom(0.3, 10),
    horizons: fc.constantFrom(
      [{ seconds: 7, weight: 0.2 }],
      [
        { seconds: 3, weight: 0.1 },
        { seconds: 15, weight: 0.1 },
      ],
    ),
  });

  test('give exactly the same numbers, in whatever order, portions and repeats the records come', () => {
    fc.assert(
      fc.property(world, ({ seed, candidateRate, weightPercent, order, windowMinutes, horizons }) => {
        const own = parsePlan({ ...everything, outcomeWindowMinutes: windowMinutes, horizons, windowWeight: 0.8 });
        const calls = traffic({ calls: 150, weightPercent, stableRate: 0.05, candidateRate, seed }).map(
          (call, index) => (index % 7 === 3 ? { ...call, callerId: `caller-${index - 3}` } : call),
        );
        const records = calls.flatMap((call) => [stillOpen(call), call, call]);
        const shuffled = records
          .map((record) => ({ record, rank: order.next().value }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ record }) => record);
        const analysis = createAnalysis(own);
        shuffled.forEach((record, index) => {
          analysis.observe(record);
          // Looks in between must leave no trace.
          if (index % 15 === 0) analysis.verdict(momentMs(record.startedAt) + 40_000);
        });
        expect(analysis.verdict(end(calls))).toEqual(analyze(own, calls, { nowMs: end(calls) }));
      }),
      { numRuns: 40 },
    );
  });

  test('also when a record is late by thousands of calls', () => {
    const calls = traffic({ calls: 5_000, weightPercent: 30, stableRate: 0.05, candidateRate: 0.06, seed: 12 });
    const late = calls.filter((_, index) => index % 1_500 === 700);
    const analysis = createAnalysis(plan);
    for (const call of calls.filter((candidate) => !late.includes(candidate))) {
      analysis.observe(call);
      analysis.verdict(momentMs(call.startedAt));
    }
    for (const call of late.toReversed()) {
      analysis.observe(call);
      analysis.verdict(end(calls));
    }
    expect(analysis.verdict(end(calls))).toEqual(analyze(plan, calls, { nowMs: end(calls) }));
  });

  test('two analyses of the same calls agree, so a race between them decides nothing twice', () => {
    const calls = traffic({ calls: 2_000, weightPercent: 20, stableRate: 0.05, candidateRate: 0.25, seed: 1 });
    const [one, other] = [createAnalysis(plan), createAnalysis(plan)];
    calls.forEach((call) => one.observe(call));
    calls.toReversed().forEach((call) => other.observe(call));
    expect(one.verdict(end(calls))).toEqual(other.verdict(end(calls)));
  });
});

describe('a router that breaks its weights', () => {
  test('makes the evidence unknown, and is no reason to abort', () => {
    const calls = traffic({ calls: 3_000, weightPercent: 20, stableRate: 0.02, candidateRate: 0.02, seed: 1 }).map(
      (call) => ({
        ...call,
        weightPercent: 10,
      }),
    );
    const verdict = analyze(plan, calls, { nowMs: end(calls) });
    expect(verdict).toMatchObject({ verdict: 'unknown', assignment: { suspect: true } });
    expect(verdict.reason).toContain('the router, not the candidate');
  });
});

test('a call has one identity in its open and its ended record', () => {
  expect(callKey(stillOpen(aCall({ sessionId: 'session-1' })))).toBe(callKey(aCall({ sessionId: 'session-1' })));
  expect(callKey(stillOpen(aCall()))).toBe(callKey(aCall()));
});
