import { describe, expect, test } from 'vitest';
import { countedCostUsd, isBad, parseOutcomes } from '#core/canary/outcome.ts';
import { parsePlan } from '#core/canary/plan.ts';
import { aCall, minute, startMs, stillOpen } from './calls.ts';

const plan = parsePlan({ name: 'mine', steps: [{ weightPercent: 5 }], outcomeWindowMinutes: 10, costCapUsd: 1 });
const after = (minutes: number): string => new Date(startMs + minutes * minute).toISOString();

describe('a call', () => {
  test.each([
    ['errorRate', { outcome: 'failed' }, true],
    ['errorRate', { outcome: 'abandoned' }, false],
    ['taskSuccess', { outcome: 'completed' }, false],
    ['taskSuccess', { outcome: 'abandoned' }, true],
    ['taskSuccess', { outcome: 'completed', taskSucceeded: false }, true],
    ['interventionRate', { outcome: 'escalated' }, true],
    ['interventionRate', { escalated: true }, true],
    ['interventionRate', {}, false],
    ['slowTurnRate', { turns: 40, slowTurns: 2 }, false],
    ['slowTurnRate', { turns: 40, slowTurns: 3 }, true],
    ['overBudgetRate', { costUsd: 1.01 }, true],
    ['overBudgetRate', { costUsd: 1 }, false],
  ] as const)('%s of %o is bad: %s', (guardrail, change, bad) => {
    expect(isBad(guardrail, aCall(change), plan)).toBe(bad);
  });

  test('whose cost or turns are not known is no evidence about them', () => {
    const { costUsd: _cost, turns: _turns, ...unknown } = aCall();
    expect(isBad('overBudgetRate', unknown, plan)).toBeUndefined();
    expect(isBad('slowTurnRate', unknown, plan)).toBeUndefined();
    expect(countedCostUsd(unknown, plan)).toBeUndefined();
  });

  test('counts at most the cap in the mean cost', () => {
    expect(countedCostUsd(aCall({ costUsd: 7 }), plan)).toBe(1);
    expect(countedCostUsd(aCall({ costUsd: 0.2 }), plan)).toBe(0.2);
  });
});

describe('reading calls from lines', () => {
  const line = (change: object): string => JSON.stringify({ ...aCall(), ...change });

  test('takes open calls, epoch milliseconds and empty lines', () => {
    const text = `${JSON.stringify(stillOpen(aCall()))}\n\n${line({ startedAt: startMs, endedAt: startMs + 1 })}\n`;
    expect(parseOutcomes(text).lines).toEqual([1, 3]);
  });

  test.each([
    ['a call without an arm', { arm: undefined }, 'line 2: arm'],
    ['a cost below zero', { costUsd: -0.01 }, 'line 2: costUsd: must be 0 or more (got -0.01)'],
    ['a cost of NaN, which JSON writes as null', { costUsd: Number.NaN }, 'line 2: costUsd: must be a number'],
    ['an end before the start', { endedAt: after(-1) }, 'line 2: endedAt: must not be before startedAt'],
    ['an end of a lost call', { lost: 'after-hand-over' }, 'line 2: lost: must be left out once endedAt is given'],
    ['an end without an outcome', { outcome: undefined }, 'line 2: outcome: must be'],
    ['an outcome without an end', { endedAt: undefined }, 'line 2: endedAt: must be given with an outcome'],
    ['an outcome nobody knows', { outcome: 'great' }, 'line 2: outcome'],
    ['a candidate call at weight 0', { arm: 'candidate', weightPercent: 0 }, 'line 2: arm: cannot be candidate'],
    ['a weight above 100', { weightPercent: 120 }, 'line 2: weightPercent: must be 0 to 100 (got 120)'],
    ['more slow turns than turns', { turns: 2, slowTurns: 3 }, 'line 2: slowTurns: must be at most turns (2)'],
    ['a key it does not know', { latency: 3 }, 'unknown key latency'],
    ['a time without its zone', { startedAt: '2026-03-02T08:00:00' }, 'line 2: startedAt'],
  ])('refuses %s, naming line and field', (_, change, message) => {
    expect(() => parseOutcomes(`${line({})}\n${line(change)}`)).toThrow(message);
  });

  test('names lines that are not JSON, and at most 20 problems', () => {
    expect(() => parseOutcomes('{oops')).toThrow('line 1: is not JSON');
    expect(() => parseOutcomes(Array.from({ length: 30 }, () => 'x').join('\n'))).toThrow('... and 10 more');
  });
});
