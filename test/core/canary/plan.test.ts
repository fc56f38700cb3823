import { describe, expect, test } from 'vitest';
import { parsePlan } from '#core/canary/plan.ts';
import { planProblems } from '#core/canary/plan-problems.ts';
import { planByName, shippedPlans } from '#core/canary/plans.ts';

const minimal = { name: 'mine', steps: [{ weightPercent: 5 }] };

describe('a canary plan', () => {
  test('needs a name and weights only; everything else has its documented default', () => {
    expect(parsePlan(minimal)).toMatchObject({
      kind: 'canary',
      steps: [{ weightPercent: 5, bakeMinutes: 10 }],
      alpha: 0.05,
      marginPercentagePoints: 2,
      deadlineMinutes: 1_440,
      outcomeWindowMinutes: 10,
      evidenceDeadlineMinutes: 30,
      guardrails: { errorRate: { enabled: true, marginPercentagePoints: 2 }, meanCost: { enabled: false } },
    });
  });

  test('a guardrail decides once the plan names it', () => {
    const plan = parsePlan({ ...minimal, guardrails: { interventionRate: {}, slowTurnRate: { enabled: false } } });
    expect(plan.guardrails.interventionRate.enabled).toBe(true);
    expect(plan.guardrails.slowTurnRate.enabled).toBe(false);
    expect(plan.guardrails.errorRate.enabled).toBe(true);
  });

  test('parsing a parsed plan changes nothing, so that plans may travel as JSON', () => {
    for (const plan of [...shippedPlans.values(), parsePlan(minimal)])
      expect(parsePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  test.each([
    ['alpha of 1 or more', { alpha: 1 }, 'alpha: must be below 1 (got 1)'],
    ['alpha of 0', { alpha: 0 }, 'alpha: must be above 0 (got 0)'],
    ['a margin of 0', { marginPercentagePoints: 0 }, 'marginPercentagePoints: must be above 0'],
    ['a negative margin', { marginPercentagePoints: -2 }, '(got -2)'],
    ['weights that do not grow', { steps: [{ weightPercent: 10 }, { weightPercent: 10 }] }, 'steps[1].weightPercent'],
    ['a weight above 100', { steps: [{ weightPercent: 101 }] }, 'must be at most 100 (got 101)'],
    ['a canary that begins at 100', { steps: [{ weightPercent: 100 }] }, 'use kind: blue-green'],
    ['no steps', { steps: [] }, 'must have at least one step'],
    ['a deadline before the bake', { deadlineMinutes: 5 }, 'must be at least 10, the sum of all bakeMinutes'],
    ['an evidence deadline within the window', { evidenceDeadlineMinutes: 5 }, 'must be at least outcomeWindowMinutes'],
    [
      'horizons out of order',
      {
        horizons: [
          { seconds: 60, weight: 0.1 },
          { seconds: 20, weight: 0.1 },
        ],
      },
      'horizons[1].seconds: must be above the horizon before it (60 seconds): shortest first (got 20)',
    ],
    [
      'a horizon twice',
      {
        horizons: [
          { seconds: 20, weight: 0.1 },
          { seconds: 20, weight: 0.1 },
        ],
      },
      'horizons[1].seconds: must not repeat the horizon before it',
    ],
    [
      'a horizon of W or more',
      { horizons: [{ seconds: 600, weight: 0.1 }] },
      'horizons[0].seconds: must be below outcomeWindowMinutes (600 seconds)',
    ],
    [
      'weights that do not add up to 1',
      { horizons: [{ seconds: 20, weight: 0.1 }], windowWeight: 0.8 },
      'windowWeight: must add up to 1 with the weights of the horizons; the sum is 0.9',
    ],
    [
      'weights that leave nothing for W',
      { horizons: [{ seconds: 20, weight: 1 }] },
      'horizons: must leave some weight for W',
    ],
    ['a horizon without weight', { horizons: [{ seconds: 20, weight: 0 }] }, 'horizons[0].weight: must be above 0'],
    ['nothing that decides', { guardrails: { errorRate: { enabled: false } } }, 'at least one guardrail enabled'],
    ['a cost margin above the cap', { guardrails: { meanCost: { marginUsd: 2 } } }, 'must be below costCapUsd (1)'],
    ['a key it does not know', { margins: 3 }, 'unknown key margins'],
    ['blue-green in steps', { kind: 'blue-green' }, 'one step with weightPercent 100'],
    [
      'blue-green without anybody to compare with',
      { kind: 'blue-green', steps: [{ weightPercent: 100 }], holdback: { percent: 0 } },
      'holdback.percent: must be above 0 when kind is blue-green',
    ],
    ['a holdback of more than half', { holdback: { percent: 51 } }, 'holdback.percent: must be at most 50'],
    ['a holdback below 0', { holdback: { percent: -1 } }, 'holdback.percent'],
    ['no watch time', { holdback: { watchHours: 0 } }, 'holdback.watchHours: must be above 0 hours (got 0)'],
    ['a watch time without end', { holdback: { watchHours: 721 } }, 'holdback.watchHours: must be at most 720 hours'],
    ['a key of the holdback it does not know', { holdback: { share: 2 } }, 'share'],
  ])('refuses %s, naming field, value and what is allowed', (_, change, message) => {
    expect(() => parsePlan({ ...minimal, ...change })).toThrow(message);
  });

  test('keeps two percent of callers on last-good for a day by default, none when it is told so', () => {
    expect(parsePlan(minimal).holdback).toEqual({ percent: 2, watchHours: 24 });
    expect(parsePlan({ ...minimal, holdback: { percent: 0 } }).holdback.percent).toBe(0);
  });

  test('blue-green exposes everybody but the holdback', () => {
    const plan = parsePlan({
      ...minimal,
      kind: 'blue-green',
      steps: [{ weightPercent: 100 }],
      holdback: { percent: 5 },
    });
    expect(plan.steps.map(({ weightPercent }) => weightPercent)).toEqual([95]);
  });

  test('has two short horizons by default, those that are at most half of W', () => {
    const horizonsAt = (outcomeWindowMinutes: number) => {
      const { horizons, windowWeight } = parsePlan({ ...minimal, outcomeWindowMinutes });
      return { seconds: horizons.map((horizon) => horizon.seconds), windowWeight };
    };
    expect(horizonsAt(10)).toEqual({ seconds: [20, 120], windowWeight: 0.84 });
    expect(horizonsAt(1)).toEqual({ seconds: [20], windowWeight: 0.92 });
    expect(horizonsAt(0.5)).toEqual({ seconds: [], windowWeight: 1 });
  });

  test.each([
    ['tour', planByName('tour'), ['name', 'guardrails.errorRate.marginPercentagePoints']],
    ['standard', planByName('standard'), []],
    [
      'a wide margin',
      parsePlan({ ...minimal, marginPercentagePoints: 10.5 }),
      ['guardrails.errorRate.marginPercentagePoints'],
    ],
    ['the widest allowed', parsePlan({ ...minimal, marginPercentagePoints: 10 }), []],
    [
      'a wide margin that does not decide',
      parsePlan({ ...minimal, guardrails: { slowTurnRate: { enabled: false, marginPercentagePoints: 50 } } }),
      [],
    ],
    [
      'a wide cost margin',
      parsePlan({ ...minimal, guardrails: { meanCost: { marginUsd: 0.6 } } }),
      ['guardrails.meanCost.marginUsd'],
    ],
  ])('production forbids what is too wide: %s', (_, plan, fields) => {
    expect(planProblems(plan, { stage: 'production' }).map(({ field }) => field)).toEqual(fields);
    expect(planProblems(plan, { stage: 'staging' })).toEqual([]);
  });

  test('ships standard, cautious, blue-green and tour, and names them when asked for another', () => {
    expect([...shippedPlans.keys()]).toEqual(['standard', 'cautious', 'blue-green', 'tour']);
    expect(() => planByName('fast')).toThrow('standard, cautious, blue-green, tour');
  });
});
