import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyze, createAnalysis } from '#core/canary/analysis.ts';
import { type CallOutcome, momentMs } from '#core/canary/outcome.ts';
import { parsePlan } from '#core/canary/plan.ts';
import { planByName } from '#core/canary/plans.ts';
import { aCall, minute, startMs, stillOpen, traffic } from './calls.ts';

const plan = parsePlan({ name: 'mine', steps: [{ weightPercent: 50 }] });
const at = (seconds: number): number => startMs + seconds * 1_000;
const soonOf = (calls: readonly CallOutcome[], nowMs: number, seconds = 20) => {
  const { metrics } = analyze(plan, calls, { nowMs });
  const horizon = metrics.errorRate.horizons.find((one) => one.seconds === seconds);
  return { stable: horizon?.stable, candidate: horizon?.candidate };
};
const failing = (change: Partial<CallOutcome> & { readonly atSecond?: number } = {}): CallOutcome =>
  aCall({ arm: 'candidate', outcome: 'failed', ...change });

describe('a horizon', () => {
  test('is settled so long after the start, and five seconds for the stamps, whether the call has ended or not', () => {
    const calls = [failing({ endedAt: at(5) }), stillOpen(aCall({ atSecond: 1 }))];
    expect(soonOf(calls, at(25) - 1).candidate).toEqual({ n: 0, bad: 0 });
    expect(soonOf(calls, at(25))).toEqual({ candidate: { n: 1, bad: 1 }, stable: { n: 0, bad: 0 } });
    expect(soonOf(calls, at(26)).stable).toEqual({ n: 1, bad: 0 });
  });

  test.each([
    ['failed within it', { endedAt: at(20) }, 1],
    ['failed after it', { endedAt: at(20.001) }, 0],
    ['failed within it, stamped within the grace', { endedAt: at(20), recordedAt: at(25) }, 1],
    ['failed within it, stamped later', { endedAt: at(5), recordedAt: at(25.001) }, 0],
    ['completed within it', { endedAt: at(5), outcome: 'completed' }, 0],
  ] as const)('a call that %s counts so', (_, change, bad) => {
    expect(soonOf([failing(change)], at(40)).candidate).toEqual({ n: 1, bad });
  });

  test('knows of a lost call only when that was stamped in time, and counts it for the candidate', () => {
    const lost = (arm: 'stable' | 'candidate', second: number): CallOutcome => ({
      ...stillOpen(aCall({ arm, atSecond: second })),
      lost: 'after-hand-over',
      recordedAt: at(second + 10),
    });
    expect(soonOf([lost('stable', 0), lost('candidate', 1)], at(40))).toEqual({
      stable: { n: 1, bad: 1 },
      candidate: { n: 1, bad: 0 },
    });
  });

  test('what is learned after it is over changes nothing at it, and counts at the next one', () => {
    const analysis = createAnalysis(plan);
    analysis.observe(stillOpen(failing()));
    const before = analysis.verdict(at(30)).metrics.errorRate.horizons[0];
    expect(before?.candidate).toEqual({ n: 1, bad: 0 });
    analysis.observe(failing({ endedAt: at(5), recordedAt: at(40) }));
    const after = analysis.verdict(at(130)).metrics.errorRate.horizons;
    expect(after[0]).toEqual(before);
    expect(after[1]?.candidate).toEqual({ n: 1, bad: 1 });
  });

  test('what was stamped in time and read late counts as if it had been read in time', () => {
    const analysis = createAnalysis(plan);
    analysis.observe(stillOpen(failing()));
    analysis.verdict(at(30));
    analysis.observe(failing({ endedAt: at(5), recordedAt: at(6) }));
    expect(analysis.verdict(at(31)).metrics.errorRate.horizons[0]?.candidate).toEqual({ n: 1, bad: 1 });
  });

  test('allows what stable may fail later: 1.2 times its rate and a point, or what the plan says', () => {
    const margins = (own: typeof plan, errorRate?: number) =>
      analyze(own, [], {
        nowMs: at(0),
        ...(errorRate !== undefined && { baseline: { errorRate } }),
      }).metrics.errorRate.horizons.map((horizon) => horizon.marginPercentagePoints);
    expect(margins(plan)).toEqual([9, 9]);
    expect(margins(plan, 0.02)).toEqual([5.4, 5.4]);
    const stated = parsePlan({ ...plan, horizons: [{ seconds: 20, weight: 0.3, laterPercent: 1 }], windowWeight: 0.7 });
    expect(margins(stated)).toEqual([3]);
  });
});

describe('the decision', () => {
  /** A candidate that fails four of five calls after five seconds; the others last five minutes. */
  const broken = traffic({ calls: 900, weightPercent: 20, stableRate: 0, candidateRate: 0.8, seed: 3 }).map((call) => ({
    ...call,
    endedAt: momentMs(call.startedAt) + (call.outcome === 'failed' ? 5_000 : 5 * minute),
  }));

  test('names the horizon that made it, with the estimates there', () => {
    const verdict = analyze(plan, broken, { nowMs: at(2_000) });
    expect(verdict).toMatchObject({ verdict: 'abort', decidedBy: 'errorRate', horizonSeconds: 20 });
    expect(verdict.reason).toMatch(
      /^candidate fails \d+ of \d+ calls within 20 seconds, stable 0 of \d+: worse by more than 9 points, evidence 20:1$/,
    );
    expect(verdict.exampleCallIds.length).toBeGreaterThan(0);
    expect(momentMs(verdict.at)).toBeLessThan(at(120));
  });

  test('is made at its own moment, however late and in whatever order the records are read', () => {
    const inOne = analyze(plan, broken, { nowMs: at(2_000) });
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), fc.constantFrom(1, 7, 50), (ranks, every) => {
        const shuffled = broken
          .flatMap((call) => [stillOpen(call), call])
          .map((record) => ({ record, rank: ranks.next().value }))
          .toSorted((one, other) => one.rank - other.rank);
        const analysis = createAnalysis(plan);
        shuffled.forEach(({ record }, index) => {
          analysis.observe(record);
          if (index % every === 0) analysis.verdict(momentMs(record.startedAt) + 30_000);
        });
        expect(analysis.verdict(at(2_000))).toEqual(inOne);
      }),
      { numRuns: 12 },
    );
  });

  test('does not need W to have seen anything', () => {
    expect(analyze(plan, broken, { nowMs: at(110) })).toMatchObject({ verdict: 'abort', metrics: { errorRate: {} } });
    expect(analyze(plan, broken, { nowMs: at(110) }).metrics.errorRate.stable.n).toBe(0);
  });
});

describe('what speaks against more exposure', () => {
  const sound = traffic({ calls: 16_000, weightPercent: 50, stableRate: 0.01, candidateRate: 0.01, seed: 2 });
  const endMs = Math.max(...sound.map((call) => momentMs(call.endedAt)));

  test('is nothing for a sound candidate, which is promoted', () => {
    expect(analyze(plan, sound, { nowMs: endMs })).toMatchObject({ verdict: 'promote', vetoes: [] });
  });

  test('are the newest calls, before any horizon has met them', () => {
    const late = traffic({ calls: 16_030, weightPercent: 50, stableRate: 0.01, candidateRate: 1, seed: 2 })
      .slice(16_000)
      .map((call) => ({ ...call, endedAt: momentMs(call.startedAt) + 1_000 }));
    const nowMs = momentMs(late.at(-1)?.startedAt) + 6_000;
    const verdict = analyze(plan, [...sound, ...late], { nowMs });
    expect(verdict).toMatchObject({ verdict: 'hold', vetoes: ['recent'] });
    expect(verdict.reason).toContain('the newest calls look worse on the candidate');
  });

  test('is a guardrail that does not decide, when it was shown worse: callers that all hang up pass no plan', () => {
    const hangingUp = sound.map((call) =>
      call.arm === 'candidate' ? { ...call, outcome: 'abandoned' as const } : call,
    );
    expect(analyze(plan, hangingUp, { nowMs: endMs })).toMatchObject({ verdict: 'hold', vetoes: ['watched'] });
  });

  test('is an estimate above the margin, however few the calls: two failures of six', () => {
    const six = Array.from({ length: 29 }, (_, index) =>
      aCall({
        atSecond: index,
        arm: index % 5 === 0 ? 'candidate' : 'stable',
        outcome: index % 5 === 0 && index < 10 ? 'failed' : 'completed',
        endedAt: at(index + 2),
      }),
    );
    const tour = planByName('tour');
    expect(analyze(tour, six, { nowMs: at(70) }).verdict).toBe('hold');
    expect(analyze(tour, six, { nowMs: at(70) }).vetoes).toContain('above-margin');
  });

  test('are refusals that differ, in either direction', () => {
    const refusing = (arm: 'stable' | 'candidate') =>
      sound.map((call, index): CallOutcome =>
        call.arm === arm && index % 10 === 0 ? { ...stillOpen(call), lost: 'before-hand-over' } : call,
      );
    for (const arm of ['stable', 'candidate'] as const)
      expect(analyze(plan, refusing(arm), { nowMs: endMs })).toMatchObject({ verdict: 'hold', vetoes: ['refused'] });
    const both = sound.map((call, index): CallOutcome =>
      index % 10 === 0 ? { ...stillOpen(call), lost: 'before-hand-over' } : call,
    );
    expect(analyze(plan, both, { nowMs: endMs })).toMatchObject({ verdict: 'promote', refused: { suspect: false } });
  });
});
