import { InvalidArgumentError } from 'commander';
import { Reason } from '#core/words/reason.ts';

/** The value of `--reason`. */
export const reasonOf = (text: string): Reason => {
  const parsed = Reason.safeParse(text.trim());
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`${parsed.error.issues.map(({ message }) => message).join('; ')}.`);
};
