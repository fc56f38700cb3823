import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLastgoodError } from '#core/errors.ts';
import { type Series, compileMath } from '#local/services/cloudwatch/metric-math.ts';

const run = (text: string, inputs: Readonly<Record<string, Series>>, length = 3): Series =>
  compileMath(text).evaluate(new Map(Object.entries(inputs)), length);
const _ = undefined;

describe('metric math', () => {
  test.each<[string, Readonly<Record<string, Series>>, Series]>([
    ['a + b * 2', { a: [1, 2, 3], b: [10, 20, 30] }, [21, 42, 63]],
    ['(a + b) * 2', { a: [1, 2, 3], b: [10, 20, 30] }, [22, 44, 66]],
    ['a - b - 1', { a: [10, 10, 10], b: [1, 2, 3] }, [8, 7, 6]],
    ['-a ^ 2', { a: [1, 2, 3] }, [1, 4, 9]],
    ['a / b', { a: [1, 1, 1], b: [2, 0, _] }, [0.5, _, _]],
    ['a >= 2', { a: [1, 2, _] }, [0, 1, _]],
    ['a > 1 AND b == 0', { a: [1, 2, 2], b: [0, 0, 1] }, [0, 1, 0]],
    ['a > 1 || b == 0', { a: [1, 2, 2], b: [0, 0, 1] }, [1, 1, 1]],
    ['NOT a > 1', { a: [1, 2, _] }, [1, 0, _]],
    ['IF(a > 1, b, 0)', { a: [1, 2, _], b: [7, 8, 9] }, [0, 8, _]],
    ['IF(a > 1, b)', { a: [1, 2, 3], b: [7, 8, _] }, [_, 8, _]],
    ['FILL(a, 0)', { a: [_, 2, _] }, [0, 2, 0]],
    ['FILL(a, REPEAT)', { a: [_, 2, _] }, [_, 2, 2]],
    ['FILL(a, b)', { a: [_, 2, _], b: [5, 6, 7] }, [5, 2, 7]],
    ['SUM([a, b])', { a: [1, 2, _], b: [1, _, _] }, [2, 2, _]],
    ['MAX([a, b]) - MIN([a, b])', { a: [1, 2, 3], b: [4, 1, 3] }, [3, 1, 0]],
    ['SUM(a)', { a: [1, 2, _] }, [3, 3, 3]],
    ['AVG(a)', { a: [1, 2, _] }, [1.5, 1.5, 1.5]],
    ['CEIL(a) + FLOOR(a) + ABS(a)', { a: [-1.5, 1.5, 0] }, [-1.5, 4.5, 0]],
    ['1.5e1', {}, [15, 15, 15]],
  ])('%s', (text, inputs, expected) => {
    expect(run(text, inputs)).toEqual(expected);
  });

  test('gives the difference of the arms in points, by baseline while stable is quiet', () => {
    const worse = 'IF(cN>=20, 100*(cE/cN - IF(FILL(sN,0)>=20, FILL(sE,0)/FILL(sN,1), 0.05)), 0)';
    expect(run(worse, { cN: [20, 20, 10], cE: [5, 5, 10], sN: [100, _, _], sE: [10, _, _] })).toEqual([15, 20, 0]);
    expect(run(worse, { cN: [_, _, _], cE: [_, _, _], sN: [100, 100, 100], sE: [10, 10, 10] })).toEqual([_, _, _]);
  });

  test.each([
    ['RATE(a)', /RATE is not supported; known: .*FILL/],
    ['ANOMALY_DETECTION_BAND(a, 2)', /ANOMALY_DETECTION_BAND is not supported/],
    ['IF(a)', /IF takes 2 to 3 arguments, not 1/],
    ['a +', /unexpected end/],
    ['a b', /unexpected b/],
    ['a $ b', /cannot read it from/],
    ['(a', /unexpected end/],
  ])('refuses %s', (text, message) => {
    const error: unknown = (() => {
      try {
        return compileMath(text);
      } catch (caught) {
        return caught;
      }
    })();
    expect(isLastgoodError(error, 'unsupported-resource')).toBe(true);
    expect((error as Error).message).toMatch(message);
  });

  test('names the metrics that it reads once each', () => {
    expect(compileMath('IF(a > b, FILL(a, REPEAT), c)').ids).toEqual(['a', 'b', 'c']);
  });

  test('agrees with JavaScript on any arithmetic', () => {
    const expression: fc.Arbitrary<string> = fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.integer({ min: 0, max: 9 }).map(String),
        fc
          .tuple(tie('node'), fc.constantFrom('+', '-', '*'), tie('node'))
          .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
        fc
          .tuple(tie('node'), fc.constantFrom('+', '*'), tie('node'))
          .map(([left, operator, right]) => `${left} ${operator} ${right}`),
      ),
    })).node;
    fc.assert(
      fc.property(expression, (text) => {
        const reference: unknown = new Function(`return ${text}`)();
        expect(run(text, {}, 1)[0]).toBeCloseTo(Number(reference), 6);
      }),
    );
  });
});
