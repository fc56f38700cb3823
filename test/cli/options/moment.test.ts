import { expect, test } from 'vitest';
import { momentOf } from '#cli/options/moment.ts';

test('a moment is read with its zone', () => {
  expect(momentOf('--at', '2027-01-31T12:00Z')).toBe(Date.UTC(2027, 0, 31, 12));
  expect(momentOf('--at', '2027-01-31T12:00+02:00')).toBe(Date.UTC(2027, 0, 31, 10));
});

test('what is no moment is refused with the option, the value and how to write it', () => {
  expect(() => momentOf('--now', 'yesterday')).toThrow(
    '--now yesterday is not a time; write it like 2027-01-31T12:00Z',
  );
});
