import { describe, expect, test } from 'vitest';
import { knownCaller } from '#core/telephony/caller-id.ts';

describe('a caller id', () => {
  test.each(['+4930901820', '4930901820', 'sip:anna@example.org', 'user-17', '+26669668', 'unknown-user-17'])(
    '%s names a caller',
    (from) => {
      expect(knownCaller(from)).toBe(from);
    },
  );

  test.each([
    undefined,
    '',
    ' ',
    'anonymous',
    'Anonymous',
    'RESTRICTED',
    'sip:anonymous@anonymous.invalid',
    '+266696687',
    '266696687',
    '+7378742833',
    '+2562533',
    '+8656696',
    '+86282452253',
  ])('%s is withheld', (from) => {
    expect(knownCaller(from)).toBeUndefined();
  });
});
