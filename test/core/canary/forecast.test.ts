import { describe, expect, test } from 'vitest';
import { duration, forecast, refusal } from '#core/canary/forecast.ts';
import { parsePlan } from '#core/canary/plan.ts';
import { planByName } from '#core/canary/plans.ts';

const plan = parsePlan({ name: 'mine', steps: [{ weightPercent: 5 }] });
const enough = { callsPerMinute: 60 };
const few = { callsPerMinute: 3 };
// A forecast plays hundreds of canaries; the same one is read by several tests.
const ofEnough = forecast(plan, enough);

describe('a forecast', () => {
  test('is the same every time', () => {
    const traffic = { callsPerMinute: 200 };
    expect(forecast(planByName('tour'), traffic)).toEqual(forecast(planByName('tour'), traffic));
  });

  test('takes about as long as the evidence needs: 650 candidate calls at equal rates of 5 %, and W', () => {
    const { canConclude, medianMinutes, candidateCallsPerHour } = ofEnough;
    expect(canConclude).toBe(true);
    expect(candidateCallsPerHour).toEqual({ first: 180, last: 180 });
    expect(medianMinutes).toBeGreaterThan((60 * 500) / 180);
    expect(medianMinutes).toBeLessThan((60 * 900) / 180);
  });

  test('finds a candidate that fails half its calls much sooner than it promotes one', () => {
    const { toAbort, medianMinutes } = ofEnough;
    const half = toAbort.find(({ candidatePercent }) => candidatePercent === 50);
    expect(half).toMatchObject({ probability: 1 });
    expect(half?.medianMinutes).toBeLessThan((medianMinutes ?? 0) / 20);
  });

  test('names the horizon that will find a release that fails soon', () => {
    const { toAbort } = ofEnough;
    expect(toAbort.filter(({ candidatePercent }) => candidatePercent === 50)).toMatchObject([
      { withinSeconds: 20, horizonSeconds: 20 },
      { withinSeconds: 600, horizonSeconds: 600 },
    ]);
  });

  test('refuses a window that is shorter than one call in a hundred', () => {
    const { canConclude, obstacles } = forecast(planByName('tour'), { callsPerMinute: 200, p99CallMinutes: 4 });
    expect(canConclude).toBe(false);
    expect(obstacles).toEqual([
      'outcomeWindowMinutes is 0.5 and one call in a hundred is longer than 4 minutes: it must be at least 4, or too many calls are judged before they are over',
    ]);
    expect(forecast(planByName('tour'), { callsPerMinute: 200, p99CallMinutes: 0.4 }).canConclude).toBe(true);
  });

  test('plays blue-green against those who stay on stable', () => {
    const blueGreen = planByName('blue-green');
    const { canConclude, candidateCallsPerHour } = forecast(blueGreen, { callsPerMinute: 60 });
    expect(canConclude).toBe(true);
    expect(candidateCallsPerHour.first).toBe(3_240);
  });

  test('refuses a canary that cannot conclude and says what would make it possible, which it does', () => {
    const expected = forecast(plan, few);
    const { canConclude, remedies } = expected;
    expect(canConclude).toBe(false);
    const message = refusal(plan, few, expected);
    expect(message).toMatch(
      /plan mine would conclude within its 24 hours with a probability of \d+ % at 3 calls a minute; 80 % are needed/,
    );
    expect(remedies.map((remedy) => remedy.split(':')[0])).toEqual([
      'more exposure',
      'wider margins',
      'a longer deadline',
    ]);
    const weight = Number(/a step of (\d+) %/.exec(remedies[0] ?? '')?.[1]);
    const more = parsePlan({ ...plan, steps: [...plan.steps, { weightPercent: weight, bakeMinutes: 0 }] });
    expect(forecast(more, few).probability).toBeGreaterThan(0.7);
  });

  test('says plainly when nothing short of more calls helps', () => {
    const hardlyAny = { callsPerMinute: 0.001 };
    expect(refusal(plan, hardlyAny, forecast(plan, hardlyAny))).toContain('more calls: no change');
    expect(() => forecast(plan, { callsPerMinute: 0 })).toThrow('callsPerMinute is 0; it must be above 0');
  });

  test('concludes sooner where stable fails less', () => {
    const atOnePercent = forecast(plan, { ...enough, baseline: { errorRate: 0.01 } });
    // The plan's own baseline is 5 %.
    expect(atOnePercent.medianMinutes).toBeLessThan(ofEnough.medianMinutes ?? 0);
  });
});

test.each([
  [0.5, '30 seconds'],
  [1, '1 minute'],
  [42, '42 minutes'],
  [150, '2.5 hours'],
  [4_320, '3 days'],
])('%d minutes read as %s', (minutes, text) => {
  expect(duration(minutes)).toBe(text);
});
