import { describe, expect, test } from 'vitest';
import { parsePlan } from '#core/canary/plan.ts';
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
    ['nothing that decides', { guardrails: { errorRate: { enabled: false } } }, 'at least one guardrail enabled'],
    ['a cost margin above the cap', { guardrails: { meanCost: { marginUsd: 2 } } }, 'must be below costCapUsd (1)'],
    ['a key it does not know', { margins: 3 }, 'unknown key margins'],
    ['blue-green in steps', { kind: 'blue-green' }, 'one step with weightPercent 100'],
  ])('refuses %s, naming field, value and what is allowed', (_, change, message) => {
    expect(() => parsePlan({ ...minimal, ...change })).toThrow(message);
  });

  test('ships standard, cautious, blue-green and tour, and names them when asked for another', () => {
    expect([...shippedPlans.keys()]).toEqual(['standard', 'cautious', 'blue-green', 'tour']);
    expect(() => planByName('fast')).toThrow('standard, cautious, blue-green, tour');
  });
});
