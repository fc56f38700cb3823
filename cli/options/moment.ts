import { LastgoodError } from '#core/errors.ts';

/**
 * An option's value as a moment.
 * @param option its name, for the reader: `--at`
 * @returns epoch milliseconds
 * @throws LastgoodError `invalid-input`
 */
export const momentOf = (option: string, text: string): number => {
  const ms = Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new LastgoodError(
    'invalid-input',
    `${option} ${text} is not a time; write it like 2027-01-31T12:00Z, with its zone`,
  );
};
