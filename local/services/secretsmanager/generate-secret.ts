import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';

/**
 * GenerateSecretString of a template.
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-secretsmanager-secret-generatesecretstring.html
 */
export const GenerateSecretString = z.strictObject({
  PasswordLength: z.coerce.number().int().min(1).max(4_096).default(32),
  ExcludeCharacters: z.string().default(''),
  ExcludeLowercase: z.boolean().default(false),
  ExcludeUppercase: z.boolean().default(false),
  ExcludeNumbers: z.boolean().default(false),
  ExcludePunctuation: z.boolean().default(false),
  IncludeSpace: z.boolean().default(false),
  RequireEachIncludedType: z.boolean().default(true),
  SecretStringTemplate: z.string().optional(),
  GenerateStringKey: z.string().optional(),
});
export type GenerateSecretString = z.infer<typeof GenerateSecretString>;

const alphabets = {
  lower: 'abcdefghijklmnopqrstuvwxyz',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digits: '0123456789',
  punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
};

/** The value of a generated secret; with a template it is the template's JSON plus the password under its key. */
export const generateSecretString = (options: GenerateSecretString, random: (below: number) => number): string => {
  const kinds = [
    options.ExcludeLowercase ? '' : alphabets.lower,
    options.ExcludeUppercase ? '' : alphabets.upper,
    options.ExcludeNumbers ? '' : alphabets.digits,
    options.ExcludePunctuation ? '' : alphabets.punctuation,
    options.IncludeSpace ? ' ' : '',
  ]
    .map((kind) => [...kind].filter((character) => !options.ExcludeCharacters.includes(character)))
    .filter((kind) => kind.length > 0);
  const all = kinds.flat();
  if (all.length === 0 || (options.RequireEachIncludedType && options.PasswordLength < kinds.length)) {
    throw new LastgoodError(
      'invalid-input',
      'GenerateSecretString leaves no possible password; allow more characters or more length.',
    );
  }
  const pick = (from: readonly string[]): string => from[random(from.length)] ?? '';
  const required = options.RequireEachIncludedType ? kinds.map(pick) : [];
  const password = [...required, ...Array.from({ length: options.PasswordLength - required.length }, () => pick(all))];
  for (let index = password.length - 1; index > 0; index -= 1) {
    const other = random(index + 1);
    [password[index], password[other]] = [password[other] ?? '', password[index] ?? ''];
  }
  const text = password.join('');
  if (options.GenerateStringKey === undefined) return text;
  const template: unknown = JSON.parse(options.SecretStringTemplate ?? '{}');
  return JSON.stringify({ ...(template as object), [options.GenerateStringKey]: text });
};
