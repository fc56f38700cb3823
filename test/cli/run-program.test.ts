import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { afterEach, describe, expect, test } from 'vitest';
import { runProgram } from '#cli/run-program.ts';
import { LastgoodError } from '#core/errors.ts';

const failing = (error: unknown): Command =>
  new Command('test').addCommand(
    new Command('fail').action(() => {
      throw error as Error;
    }),
  );

const runFailing = async (error: unknown, ...options: readonly string[]) => {
  let text = '';
  const writeError = (written: string) => {
    text += written;
  };
  const code = await runProgram(failing(error), ['node', 'test', ...options, 'fail'], { writeError });
  return { code, text };
};

afterEach(() => {
  process.exitCode = undefined;
});

describe('a command that fails', () => {
  test.each([
    [
      'in its own words',
      new LastgoodError('unknown-name', 'no org x; there is y'),
      1,
      'lastgood: no org x; there is y\n',
    ],
    ['when the user stops it', new LastgoodError('interrupted', 'stopped'), 130, 'lastgood: stopped\n'],
    [
      'on a full disk',
      Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' }),
      1,
      'lastgood: there is no room left on the disk; free some and try again\n',
    ],
  ])('says it %s, without a stack', async (_name, error, code, text) => {
    expect(await runFailing(error)).toEqual({ code, text });
  });

  test('says that a defect is one', async () => {
    expect((await runFailing(new TypeError('x is not a function'))).text).toContain(
      'unexpected error: x is not a function\nThis is a defect',
    );
  });

  test('shows code, stack and causes with --debug', async () => {
    const error = new LastgoodError('aws-failed', 'it failed', { cause: new Error('the network') });
    const { text } = await runFailing(error, '--debug');
    expect(text).toMatch(/\[aws-failed\] LastgoodError: it failed\n +at [\s\S]*caused by: Error: the network\n +at /);
  });
});

test('lastgood starts from its bin file and prints its commands', async () => {
  const bin = new URL('../../bin/lastgood.mjs', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [bin, 'release', '--help']);
  for (const name of ['build', 'publish', 'list', 'show', 'diff']) expect(stdout).toContain(`  ${name}`);
});
