import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asReason, Reason } from '#core/words/reason.ts';

test('any text becomes a reason', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (text) => {
      const reason = asReason(text);
      expect(Reason.parse(reason)).toBe(reason);
    }),
  );
});

test('a reason that is short enough stays as it is', () => {
  expect(asReason('double bookings')).toBe('double bookings');
  expect(asReason('x'.repeat(2_000))).toBe('x'.repeat(2_000));
});

test('a longer one ends where it was cut, never within a character', () => {
  expect(asReason('x'.repeat(2_001))).toBe(`${'x'.repeat(1_999)}…`);
  expect(asReason(`${'x'.repeat(1_998)}😀 and more`).isWellFormed()).toBe(true);
});

test('no text is said to be none', () => {
  expect(asReason('')).toBe('no reason was given');
});
