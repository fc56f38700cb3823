import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf } from '#core/words/digest.ts';
import { assign } from '#core/version-set/assign.ts';
import { effectiveWeight } from '#core/version-set/effective-weight.ts';
import type { Head } from '#core/version-set/head.ts';
import { at, headAfter, initialize, promoteWatched, promotion, release, startCanary, suspect } from './build.ts';

const canary = headAfter(initialize(), startCanary());
const during = Date.parse(at(60));

const withWeight = (weightPercent: number, name = 'p'): Head => ({
  ...canary,
  candidate: { ...canary.candidate!, weightPercent, promotionId: promotion(name) },
});

const caller = fc.string({ maxLength: 40 }).map((text) => digestOf(text));
const weight = fc.double({ min: 0, max: 100, noNaN: true });

describe('assigning a caller to an arm', () => {
  test('is monotone: a growing weight never takes a caller off the candidate', () => {
    fc.assert(
      fc.property(caller, weight, weight, (key, one, other) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        const atLow = assign(withWeight(low), key, during).arm;
        const atHigh = assign(withWeight(high), key, during).arm;
        return atLow === 'stable' || atHigh === 'candidate';
      }),
    );
  });

  test('is sticky on both arms: the same caller and weight, the same arm', () => {
    fc.assert(
      fc.property(caller, weight, (key, weightPercent) => {
        const head = withWeight(weightPercent);
        expect(assign(head, key, during)).toEqual(assign(head, key, during + 1));
      }),
    );
  });

  test('meets nobody at 0 percent and everybody at 100', () => {
    fc.assert(
      fc.property(caller, (key) => {
        expect(assign(withWeight(0), key, during).release).toBe(release('a'));
        expect(assign(withWeight(100), key, during).release).toBe(release('b'));
      }),
    );
  });

  test('is uniform and independent between promotions', () => {
    const callers = 40_000;
    const share = 7;
    let first = 0;
    let both = 0;
    for (let index = 0; index < callers; index += 1) {
      const key = digestOf(`caller ${index}`);
      const inFirst = assign(withWeight(share, 'p'), key, during).arm === 'candidate';
      const inSecond = assign(withWeight(share, 'q'), key, during).arm === 'candidate';
      if (inFirst) first += 1;
      if (inFirst && inSecond) both += 1;
    }
    const spread = (probability: number) => 5 * Math.sqrt(callers * probability * (1 - probability));
    expect(Math.abs(first - callers * 0.07)).toBeLessThan(spread(0.07));
    expect(Math.abs(both - callers * 0.07 ** 2)).toBeLessThan(spread(0.07 ** 2));
  });

  test('tells both arms the promotion and the probability they met it with', () => {
    const { candidate: _candidate, ...settled } = canary;
    expect(assign(settled, digestOf('x'), during)).toEqual({
      arm: 'stable',
      release: release('a'),
      weightPercent: 0,
    });
    for (const weightPercent of [0, 100]) {
      expect(assign(withWeight(weightPercent), digestOf('x'), during)).toMatchObject({
        promotionId: promotion('p'),
        weightPercent,
      });
    }
  });
});

describe('the exposure lease', () => {
  test('ends to the millisecond, on the clock of whoever reads it', () => {
    const end = Date.parse(at(600));
    expect(effectiveWeight(canary, end - 1)).toBe(5);
    expect(effectiveWeight(canary, end)).toBe(0);
  });

  test('sends everybody to stable once it is over', () => {
    fc.assert(
      fc.property(caller, (key) => {
        expect(assign(withWeight(100), key, Date.parse(at(600)))).toMatchObject({ arm: 'stable', weightPercent: 0 });
      }),
    );
  });
});

describe('after a promotion', () => {
  const watched = headAfter(initialize(), startCanary(), promoteWatched());
  const suspected = headAfter(initialize(), startCanary(), promoteWatched(), suspect);
  const shareOf = (head: Head): number => {
    const arms = Array.from({ length: 20_000 }, (_, index) => assign(head, digestOf(`caller ${index}`), during).arm);
    return (100 * arms.filter((arm) => arm === 'holdback').length) / arms.length;
  };

  test('two percent of callers stay on last-good, half of them while stable is suspected', () => {
    expect(shareOf(watched)).toBeGreaterThan(1.5);
    expect(shareOf(watched)).toBeLessThan(2.5);
    expect(shareOf(suspected)).toBeGreaterThan(48);
    expect(shareOf(suspected)).toBeLessThan(52);
  });

  test('every session is part of the comparison that runs, with the probability it was drawn by', () => {
    fc.assert(
      fc.property(caller, (key) => {
        const { arm, release: met, promotionId, weightPercent } = assign(watched, key, during);
        expect({ promotionId, weightPercent }).toEqual({
          promotionId: watched.holdback?.comparisonId,
          weightPercent: 2,
        });
        expect(met).toBe(release(arm === 'holdback' ? 'a' : 'b'));
      }),
    );
  });

  test('a holdback that rests leaves no mark on a session', () => {
    const rests = headAfter(initialize(), startCanary(), promoteWatched('p', 0));
    expect(assign(rests, digestOf('x'), during)).toEqual({ arm: 'stable', release: release('b'), weightPercent: 0 });
  });
});
