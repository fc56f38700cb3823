import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePlan } from '#core/canary/plan.ts';
import { planByName, shippedPlans } from '#core/canary/plans.ts';
import {
  type NextAction,
  type Progress,
  exposureLeaseSeconds,
  nextAction,
  testedSteps,
} from '#core/canary/progress.ts';

const plan = planByName('standard');
const minutes = (count: number): number => count * 60;

/** A promotion ten minutes into its first step, with plenty of calls and an inconclusive verdict. */
const situation = (change: Partial<Omit<Progress, 'verdict'>> & Partial<Progress['verdict']> = {}): Progress => {
  const { weightPercent = 5, secondsAtWeight = 600, secondsSinceStart = 600, frozen, ...verdict } = change;
  return {
    weightPercent,
    secondsAtWeight,
    secondsSinceStart,
    ...(frozen !== undefined && { frozen }),
    verdict: {
      verdict: 'hold',
      reason: 'not enough to tell',
      vetoes: [],
      exposure: [
        {
          weightPercent,
          stableCalls: 400,
          candidateCalls: 40,
          firstAt: '2026-01-05T08:00:00.000Z',
          lastAt: '2026-01-05T08:09:00.000Z',
        },
      ],
      calls: { used: 600, waiting: 3, repeats: 0, contradictory: 0, lastKnownAt: '2026-01-05T08:09:00.000Z' },
      ...verdict,
    },
  };
};

describe('the next action', () => {
  test.each<[string, Parameters<typeof situation>[0], Partial<NextAction>]>([
    ['waits until a step has baked', { secondsAtWeight: 300 }, { kind: 'wait', seconds: 10 }],
    ['wakes up exactly when the bake ends', { secondsAtWeight: 597 }, { kind: 'wait', seconds: 3 }],
    ['advances once it has baked', {}, { kind: 'advance', weightPercent: 10 }],
    ['holds when a step has seen too few candidate calls', { exposure: [] }, { kind: 'hold' }],
    ['holds while the evidence leans towards worse', { vetoes: ['leans-worse'] }, { kind: 'hold' }],
    ['holds at the last step without a verdict', { weightPercent: 50, secondsSinceStart: 2_400 }, { kind: 'hold' }],
    ['promotes at the last step with one', { weightPercent: 50, verdict: 'promote' }, { kind: 'promote' }],
    ['goes on step by step with an early one', { verdict: 'promote' }, { kind: 'advance', weightPercent: 10 }],
    [
      'does not promote while it leans towards worse',
      { weightPercent: 50, verdict: 'promote', vetoes: ['leans-worse'] },
      { kind: 'hold' },
    ],
    ['aborts at once', { verdict: 'abort', secondsAtWeight: 1 }, { kind: 'abort' }],
    ['aborts even past the deadline', { verdict: 'abort', secondsSinceStart: 1e6 }, { kind: 'abort' }],
    ["holds while the candidate's estimate lies above the margin", { vetoes: ['above-margin'] }, { kind: 'hold' }],
    ['holds while the set is frozen', { frozen: 'by jo: look first' }, { kind: 'hold' }],
    [
      'does not promote while the set is frozen',
      { weightPercent: 50, verdict: 'promote', frozen: 'by jo: look first' },
      { kind: 'hold' },
    ],
    ['aborts a frozen set', { verdict: 'abort', frozen: 'by jo: look first' }, { kind: 'abort' }],
    ['freezes on unknown', { verdict: 'unknown' }, { kind: 'freeze' }],
    [
      'freezes on unknown for as long as it lasts: the lease takes the callers away',
      { verdict: 'unknown', weightPercent: 25, secondsAtWeight: 30_000, secondsSinceStart: 40_000 },
      { kind: 'freeze' },
    ],
    [
      'keeps the lease of a quiet service that had no call of the candidate yet',
      { verdict: 'unknown', unknownBecause: 'not-yet' },
      { kind: 'hold' },
    ],
    ['gives up at the deadline', { secondsSinceStart: minutes(1_440) }, { kind: 'give-up' }],
    [
      'gives up at the deadline when unknown',
      { verdict: 'unknown', secondsSinceStart: minutes(1_440) },
      { kind: 'give-up' },
    ],
    [
      'promotes at the deadline rather than give up',
      { verdict: 'promote', weightPercent: 50, secondsSinceStart: minutes(1_440) },
      { kind: 'promote' },
    ],
  ])('%s', (_, change, expected) => {
    expect(nextAction(plan, situation(change))).toMatchObject(expected);
  });

  test('looks every 10 seconds on a busy service and every few minutes on a quiet one', () => {
    const seconds = (used: number): unknown =>
      nextAction(plan, situation({ secondsAtWeight: 60, calls: { ...situation().verdict.calls, used } }));
    expect(seconds(5_000)).toMatchObject({ seconds: 10 });
    expect(seconds(20)).toMatchObject({ seconds: 143 });
    expect(seconds(0)).toMatchObject({ seconds: 300 });
  });

  test("treats a canary's step of 100 % as the promotion itself", () => {
    const whole = parsePlan({ name: 'mine', steps: [{ weightPercent: 50 }, { weightPercent: 100 }] });
    expect(testedSteps(whole).map((step) => step.weightPercent)).toEqual([50]);
    expect(nextAction(whole, situation({ weightPercent: 50 }))).toMatchObject({ kind: 'hold' });
    expect(nextAction(whole, situation({ weightPercent: 50, verdict: 'promote' }))).toMatchObject({ kind: 'promote' });
  });

  test('with blue-green keeps stable warm until the verdict', () => {
    const blueGreen = planByName('blue-green');
    expect(testedSteps(blueGreen).map((step) => step.weightPercent)).toEqual([90]);
    expect(nextAction(blueGreen, situation({ weightPercent: 90 }))).toMatchObject({ kind: 'hold' });
    expect(nextAction(blueGreen, situation({ weightPercent: 90, verdict: 'promote' }))).toMatchObject({
      kind: 'promote',
    });
    expect(nextAction(blueGreen, situation({ weightPercent: 90, verdict: 'abort' }))).toMatchObject({ kind: 'abort' });
  });
});

/** Plays a promotion with arbitrary verdicts; every action and the verdict that led to it. */
const play = (planOf: typeof plan, verdicts: Iterable<'promote' | 'abort' | 'hold' | 'unknown'>) => {
  const trace: { action: NextAction; verdict: string; weightPercent: number }[] = [];
  let weightPercent = testedSteps(planOf)[0]?.weightPercent ?? 0;
  let [atWeight, sinceStart] = [0, 0];
  for (const verdict of verdicts) {
    const action = nextAction(
      planOf,
      situation({
        verdict,
        weightPercent,
        secondsAtWeight: atWeight,
        secondsSinceStart: sinceStart,
      }),
    );
    trace.push({ action, verdict, weightPercent });
    if (action.kind === 'promote' || action.kind === 'abort' || action.kind === 'give-up') break;
    const seconds = 'seconds' in action ? action.seconds : 0;
    if ('weightPercent' in action) [weightPercent, atWeight] = [action.weightPercent, 0];
    atWeight += seconds + 1;
    sinceStart += seconds + 1;
  }
  return trace;
};

describe('whatever the verdicts', () => {
  const anyPlan = fc.constantFrom(...shippedPlans.values());
  const anyVerdicts = fc.array(
    fc.constantFrom('promote' as const, 'abort' as const, 'hold' as const, 'unknown' as const),
    {
      minLength: 1,
      maxLength: 400,
    },
  );

  test('invariant 5: no promotion without a promote verdict, and unknown never promotes or aborts', () => {
    fc.assert(
      fc.property(anyPlan, anyVerdicts, (anyOne, verdicts) => {
        const mayFollow: Record<string, readonly string[]> = {
          promote: ['wait', 'hold', 'advance', 'promote', 'give-up'],
          hold: ['wait', 'hold', 'advance', 'give-up'],
          unknown: ['freeze', 'give-up'],
          abort: ['abort'],
        };
        const wrong = play(anyOne, verdicts).filter(
          ({ action, verdict }) => !mayFollow[verdict]?.includes(action.kind),
        );
        expect(wrong).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('invariant 5: a canary never sends more callers to the candidate than its last step below 100 %', () => {
    fc.assert(
      fc.property(anyPlan, anyVerdicts, (anyOne, verdicts) => {
        const highest = testedSteps(anyOne).at(-1)?.weightPercent ?? 0;
        const beyond = play(anyOne, verdicts).filter(
          ({ action }) => 'weightPercent' in action && action.weightPercent > highest,
        );
        expect(beyond).toEqual([]);
      }),
    );
  });

  test('invariant 11: every wait is whole, at least a second, and shorter than the exposure lease', () => {
    fc.assert(
      fc.property(anyPlan, anyVerdicts, (anyOne, verdicts) => {
        const lease = exposureLeaseSeconds(anyOne);
        const wrong = play(anyOne, verdicts).filter(
          ({ action }) =>
            'seconds' in action && !(Number.isInteger(action.seconds) && action.seconds >= 1 && action.seconds < lease),
        );
        expect(wrong).toEqual([]);
      }),
    );
  });

  test('without evidence exposure never changes, its lease is never renewed, and the promotion gives up at its deadline', () => {
    for (const anyOne of shippedPlans.values()) {
      const trace = play(
        anyOne,
        Array.from({ length: 40_000 }, () => 'unknown' as const),
      );
      expect(new Set(trace.map(({ action }) => action.kind))).toEqual(new Set(['freeze', 'give-up']));
      expect(new Set(trace.map(({ weightPercent }) => weightPercent)).size).toBe(1);
    }
  });

  test('holding for ever gives up at the deadline', () => {
    const trace = play(
      plan,
      Array.from({ length: 10_000 }, () => 'hold' as const),
    );
    expect(trace.at(-1)?.action.kind).toBe('give-up');
  });
});
