import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createScreen } from '#cli/terminal/screen.ts';

const screenOn = (terminal: object) => {
  const stream = Object.assign(new PassThrough(), terminal) as unknown as NodeJS.WriteStream & PassThrough;
  return { screen: createScreen(stream), written: () => String(stream.read()) };
};

test('without a terminal a step is said once, however far it comes', () => {
  const { screen, written } = screenOn({});
  for (let done = 1; done <= 300; done += 1) screen.status('deploying', `(${done} of 300 resources)`);
  screen.status('waiting');
  expect(written()).toBe('  deploying\n  waiting\n');
});

test('on a terminal one line shows how far the step has come, within its width', () => {
  const { screen, written } = screenOn({ isTTY: true, columns: 40 });
  screen.status('deploying', '(1 of 300 resources)');
  expect(written()).toContain('deploying (1 of 300 resources)');
  screen.status('a step with a name that is longer than the terminal is wide', '(1 of 2)');
  expect(written()).not.toContain('wide');
});
