import { z } from 'zod';

const maxCharacters = 2_000;

/** Why something was done, for the people who read history and records later. */
export const Reason = z
  .string()
  .min(1, 'a reason says something')
  .max(maxCharacters, `a reason has at most ${maxCharacters} characters`);
export type Reason = z.infer<typeof Reason>;

/** Any text as a reason: what is too long ends in `…`, so that a long explanation never stops the act that it explains. */
export const asReason = (text: string): Reason => {
  if (text === '') return 'no reason was given';
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters - 1).toWellFormed()}…`;
};
