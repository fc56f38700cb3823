import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { LastgoodError } from '#core/errors.ts';

/**
 * The text of a file that the user names; `-` is standard input.
 * @param what says what was expected in it: `the plan`
 * @throws LastgoodError `not-found`
 */
export const readInput = async (path: string, what: string): Promise<string> => {
  if (path === '-') return text(process.stdin);
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new LastgoodError('not-found', `Cannot read ${what} ${path}: ${String(cause)}`, { cause });
  }
};
