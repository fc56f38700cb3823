import { expect, test } from 'vitest';
import { reasonOf } from '#cli/options/reason.ts';

test('a reason is kept without the space around it', () => {
  expect(reasonOf(' double bookings\n')).toBe('double bookings');
});

test.each([
  ['nothing', '', 'a reason says something.'],
  ['nothing but space', '  ', 'a reason says something.'],
  ['more than history keeps', 'x'.repeat(2_001), 'a reason has at most 2000 characters.'],
])('a reason of %s is refused', (_what, text, message) => {
  expect(() => reasonOf(text)).toThrow(message);
});
