import { describe, expect, test } from 'vitest';
import { numberAbove0, wholeNumber } from '#cli/options/number.ts';

describe('a number of the command line', () => {
  test.each(['1', '20', '1e1'])('%s is a whole number from 1 to 20', (text) => {
    expect(wholeNumber(1, 20)(text)).toBe(Number(text));
  });

  test.each(['0', '21', '1.5', 'many', 'Infinity'])('%s is none', (text) => {
    expect(() => wholeNumber(1, 20)(text)).toThrow('It must be a whole number from 1 to 20.');
  });

  test.each(['0', '-1', 'many', 'Infinity', ''])('"%s" is not above 0', (text) => {
    expect(() => numberAbove0(text)).toThrow('It must be a number above 0.');
  });

  test('above 0 it need not be whole', () => {
    expect(numberAbove0('0.5')).toBe(0.5);
  });
});
