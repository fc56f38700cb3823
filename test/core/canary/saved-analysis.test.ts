import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAnalysis } from '#core/canary/analysis.ts';
import { momentMs } from '#core/canary/outcome.ts';
import { parsePlan } from '#core/canary/plan.ts';
import { planByName } from '#core/canary/plans.ts';
import { restoreAnalysis, saveAnalysis } from '#core/canary/saved-analysis.ts';
import { minute, startMs, stillOpen, traffic } from './calls.ts';

const plan = parsePlan({ ...planByName('standard'), outcomeWindowMinutes: 1, horizons: [], windowWeight: 1 });
const soonPlan = parsePlan({
  ...plan,
  horizons: [
    { seconds: 5, weight: 0.1 },
    { seconds: 20, weight: 0.2 },
  ],
  windowWeight: 0.7,
});
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Records in the order of their stamps: a start row, then the end. */
const stream = (calls: ReturnType<typeof traffic>) =>
  calls
    .flatMap((call) => [
      { ms: momentMs(call.startedAt), record: stillOpen(call) },
      { ms: momentMs(call.endedAt), record: call },
    ])
    .toSorted((one, other) => one.ms - other.ms);

describe('an analysis that was saved and restored', () => {
  test('gives bit-identical verdicts and digests on whatever comes after, wherever it was cut', () => {
    const world = fc.record({
      seed: fc.nat(10_000),
      candidateRate: fc.constantFrom(0.05, 0.12, 0.5),
      cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 3 }),
      repeats: fc.boolean(),
      distinctCallers: fc.boolean(),
      ownPlan: fc.constantFrom(plan, soonPlan),
    });
    fc.assert(
      fc.property(world, ({ seed, candidateRate, cuts, repeats, distinctCallers, ownPlan }) => {
        const calls = traffic({ calls: 400, weightPercent: 30, stableRate: 0.05, candidateRate, seed }).map(
          (call, index) => (repeats && index % 9 === 8 ? { ...call, callerId: `caller-${index - 8}` } : call),
        );
        const records = stream(calls);
        const cutAt = new Set(cuts.map((cut) => Math.floor(cut * records.length)));
        const whole = createAnalysis(ownPlan, { sinceMs: startMs, distinctCallers });
        let parts = createAnalysis(ownPlan, { sinceMs: startMs, distinctCallers });
        records.forEach(({ ms, record }, index) => {
          whole.observe(record);
          parts.observe(record);
          if (index % 7 === 0) parts.verdict(ms);
          if (cutAt.has(index)) parts = restoreAnalysis(throughJson(saveAnalysis(parts)));
        });
        const endMs = (records.at(-1)?.ms ?? 0) + minute;
        expect(parts.verdict(endMs)).toEqual(whole.verdict(endMs));
        expect(parts.digest(endMs)).toBe(whole.digest(endMs));
      }),
      { numRuns: 40 },
    );
  });

  test('may leave its calls out, when they are observed again', () => {
    const calls = traffic({ calls: 2_000, weightPercent: 30, stableRate: 0.05, candidateRate: 0.06, seed: 5 });
    const whole = createAnalysis(soonPlan, { sinceMs: startMs });
    calls.forEach((call) => whole.observe(call));
    const cutMs = startMs + 20 * minute;
    const before = createAnalysis(soonPlan, { sinceMs: startMs });
    for (const call of calls.filter(({ startedAt }) => momentMs(startedAt) < cutMs)) before.observe(call);
    before.verdict(cutMs);
    const saved = saveAnalysis(before, 'leave-out');
    expect(saved.calls).toEqual([]);
    expect(saved.last?.startedMs).toBeGreaterThan(startMs);
    const restored = restoreAnalysis(throughJson(saved));
    const kinds = calls.map((call) => restored.observe(call));
    expect(kinds.indexOf('new')).toBe(kinds.lastIndexOf('behind') + 1);
    const endMs = startMs + 3_000_000;
    expect(restored.verdict(endMs)).toEqual(whole.verdict(endMs));
  });

  test('keeps the calls that a short horizon still waits for, though W has taken them', () => {
    // Calls of a second: W knows their end nineteen seconds before the longer one of the short horizons is up.
    const calls = traffic({ calls: 1_500, weightPercent: 30, stableRate: 0.05, candidateRate: 0.06, seed: 5 }).map(
      (call) => ({ ...call, endedAt: momentMs(call.startedAt) + 1_000 }),
    );
    const whole = createAnalysis(soonPlan, { sinceMs: startMs });
    let parts = createAnalysis(soonPlan, { sinceMs: startMs });
    calls.forEach((call, index) => {
      whole.observe(call);
      parts.observe(call);
      parts.verdict(momentMs(call.endedAt));
      if (index % 400 === 399) parts = restoreAnalysis(throughJson(saveAnalysis(parts)));
    });
    const endMs = startMs + 3_000_000;
    expect(parts.verdict(endMs)).toEqual(whole.verdict(endMs));
  });

  test('does not grow with the canary, only with one window and a minute', () => {
    const analysis = createAnalysis(soonPlan, { sinceMs: startMs, distinctCallers: true });
    for (const call of traffic({ calls: 9_000, weightPercent: 30, stableRate: 0.05, candidateRate: 0.05, seed: 5 }))
      analysis.observe(call);
    analysis.verdict(startMs + 9_000_000);
    const saved = saveAnalysis(analysis);
    // The newest checkpoint that is a minute old is at most 1,024 events of three horizons before it.
    expect(saved.calls.length).toBeLessThan(120 + 60 + 1_024);
    expect(JSON.stringify(saveAnalysis(analysis, 'leave-out')).length).toBeLessThan(150_000);
  });

  test('refuses what is no saved analysis, and another version of one', () => {
    const saved = saveAnalysis(createAnalysis(plan));
    expect(() => restoreAnalysis({ ...saved, version: 1 })).toThrow('the saved analysis');
    expect(() => restoreAnalysis({})).toThrow('the saved analysis');
    expect(() => restoreAnalysis({ ...saved, walk: {} })).toThrow('walk');
  });

  test('says what to do when it would have to keep too much', () => {
    const analysis = createAnalysis(plan, { sinceMs: startMs });
    for (let call = 0; call < 100_001; call += 1)
      analysis.observe({ startedAt: startMs + call, callerId: `${call}`, arm: 'stable', weightPercent: 5 });
    expect(() => saveAnalysis(analysis)).toThrow('100001 unsettled calls');
  });
});
