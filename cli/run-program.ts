import type { Command } from 'commander';
import { isLastgoodError } from '#core/errors.ts';

/** Where a program's errors go; the process in production. */
export interface ProgramOutput {
  readonly writeError: (text: string) => void;
}

/**
 * Runs a command line. What Lastgood raises on purpose is said in its own words; anything else is a defect and says so.
 * `--debug` adds the stack and the causes.
 * @param argv as `process.argv`
 * @returns the exit code: 0, 1 for an error, 130 when the user stopped it. A command may have set its own.
 */
export const runProgram = async (
  program: Command,
  argv: readonly string[],
  { writeError }: ProgramOutput,
): Promise<number> => {
  program.option('--debug', 'show stack and causes of an error', false);
  try {
    await program.parseAsync([...argv]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const { debug } = program.opts<{ debug: boolean }>();
    writeError(`${debug ? stackOf(error) : messageOf(error)}\n`);
    return isLastgoodError(error, 'interrupted') ? 130 : 1;
  }
};

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;

const messageOf = (error: unknown): string => {
  if (isLastgoodError(error)) return `lastgood: ${error.message}`;
  if (codeOf(error) === 'ENOSPC') return 'lastgood: there is no room left on the disk; free some and try again';
  const text = error instanceof Error ? error.message : String(error);
  return `lastgood: unexpected error: ${text}\nThis is a defect; run the command again with --debug to see where.`;
};

const stackOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const own = `${isLastgoodError(error) ? `[${error.code}] ` : ''}${error.stack ?? error.message}`;
  return error.cause === undefined ? own : `${own}\ncaused by: ${stackOf(error.cause)}`;
};
