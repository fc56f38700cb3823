import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GenerateSecretString, generateSecretString } from '#local/services/secretsmanager/generate-secret.ts';

const generate = (options: object): string =>
  generateSecretString(GenerateSecretString.parse(options), (below) => Math.floor(Math.random() * below));

describe('generated secrets', () => {
  test('have the length and the alphabet that was asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 100 }),
        fc.boolean(),
        fc.string({ maxLength: 10 }),
        (length, punctuation, excluded) => {
          const text = generate({
            PasswordLength: length,
            ExcludePunctuation: punctuation,
            ExcludeCharacters: excluded,
          });
          expect(text).toHaveLength(length);
          expect([...text].some((character) => excluded.includes(character))).toBe(false);
          expect(/^[A-Za-z0-9]+$/.test(text) || !punctuation).toBe(true);
        },
      ),
    );
  });

  test('go into the template under their key', () => {
    const value = JSON.parse(generate({ SecretStringTemplate: '{"user":"u"}', GenerateStringKey: 'authToken' })) as {
      user: string;
      authToken: string;
    };
    expect(value.user).toBe('u');
    expect(value.authToken).toHaveLength(32);
  });

  test('are refused when nothing is allowed', () => {
    expect(() =>
      generate({ ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true }),
    ).toThrow(/no possible password/);
  });
});
