import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { type AlarmState, type MissingData, evaluatePoints } from '#local/services/cloudwatch/alarm-evaluation.ts';

/** `0` is within the threshold, `X` breaches it, `-` is missing; oldest first. */
const points = (text: string): (number | undefined)[] =>
  text.split(' ').map((one) => ({ '0': 0, X: 1, '-': undefined })[one]);

const evaluate = (text: string, datapointsToAlarm: number, treatMissingData: MissingData, present: AlarmState) =>
  evaluatePoints(
    { evaluationPeriods: 3, datapointsToAlarm, treatMissingData, isBreaching: (value) => value > 0 },
    points(text),
    present,
  );

const retain = 'retain';
type Expected = AlarmState | typeof retain;

// The tables of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html:
// points of an evaluation range of 5, points that must be filled, and the state for each treatment.
const threeOfThree: readonly [string, number, Expected, Expected, Expected, Expected][] = [
  ['0 - X - X', 0, 'OK', 'OK', 'OK', 'OK'],
  ['0 - - - -', 2, 'OK', 'OK', 'OK', 'OK'],
  ['- - - - -', 3, 'INSUFFICIENT_DATA', retain, 'ALARM', 'OK'],
  ['0 X X - X', 0, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['- - X - -', 2, 'ALARM', retain, 'ALARM', 'OK'],
];
const twoOfThree: readonly [string, number, Expected, Expected, Expected, Expected][] = [
  ['0 - X - X', 0, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['0 0 X 0 X', 0, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['0 - X - -', 1, 'OK', 'OK', 'ALARM', 'OK'],
  ['- - - - 0', 2, 'OK', 'OK', 'ALARM', 'OK'],
  ['- - - X -', 2, 'ALARM', retain, 'ALARM', 'OK'],
];
const treatments: readonly MissingData[] = ['missing', 'ignore', 'breaching', 'notBreaching'];
const states: readonly AlarmState[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA'];

const cases = [...threeOfThree.map((row) => [3, row] as const), ...twoOfThree.map((row) => [2, row] as const)].flatMap(
  ([m, [text, filled, ...expected]]) =>
    treatments.map((treatment, index) => ({ m, text, filled, treatment, expected: expected[index] as Expected })),
);

describe('the documented tables of missing data', () => {
  test.each(cases)('$m out of 3, "$text", $treatment: $expected', ({ m, text, filled, treatment, expected }) => {
    for (const present of states) {
      const verdict = evaluate(text, m, treatment, present);
      expect(verdict.state).toBe(expected === retain ? present : expected);
      expect(verdict.filled).toBe(filled);
    }
  });
});

describe('premature alarms', () => {
  test.each(['- - - - X', '- - - X -'])('"%s" does not alarm with 3 out of 3: the next point may be fine', (text) => {
    expect(evaluate(text, 3, 'missing', 'OK').state).toBe('OK');
  });

  test.each(['- - - X 0', '- - X - 0'])('"%s" stays OK because a good point followed', (text) => {
    expect(evaluate(text, 3, 'missing', 'OK').state).toBe('OK');
  });

  test('the evaluated points are positions of the newest real ones', () => {
    expect(evaluate('0 X X - X', 3, 'missing', 'OK').evaluated).toEqual([1, 2, 4]);
  });
});

describe('any range of points', () => {
  const range = fc.array(fc.constantFrom(undefined, 0, 1), { minLength: 5, maxLength: 5 });
  const settings = fc.record({
    m: fc.integer({ min: 1, max: 3 }),
    treatment: fc.constantFrom(...treatments),
    present: fc.constantFrom(...states),
  });

  test('the treatment does not matter when there are enough real points', () => {
    fc.assert(
      fc.property(range, fc.integer({ min: 1, max: 3 }), (values, m) => {
        fc.pre(values.filter((value) => value !== undefined).length >= 3);
        const results = treatments.map(
          (treatMissingData) =>
            evaluatePoints(
              { evaluationPeriods: 3, datapointsToAlarm: m, treatMissingData, isBreaching: (value) => value > 0 },
              values,
              'OK',
            ).state,
        );
        expect(new Set(results).size).toBe(1);
      }),
    );
  });

  test('notBreaching never alarms on fewer real breaches than asked for', () => {
    fc.assert(
      fc.property(range, settings, (values, { m, present }) => {
        const { state } = evaluatePoints(
          {
            evaluationPeriods: 3,
            datapointsToAlarm: m,
            treatMissingData: 'notBreaching',
            isBreaching: (value) => value > 0,
          },
          values,
          present,
        );
        const newest = values.filter((value) => value !== undefined).slice(-3);
        expect(state).toBe(newest.filter((value) => value === 1).length >= m ? 'ALARM' : 'OK');
      }),
    );
  });
});
