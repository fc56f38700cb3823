import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { progressDisplay } from '#cli/terminal/progress.ts';

test('progress without a terminal is one plain line per tenth', () => {
  const stream = new PassThrough();
  const display = progressDisplay('example', stream as unknown as NodeJS.WriteStream);
  for (let done = 0; done <= 100; done++) display.progress(done, 100);
  display.stop();
  const lines = String(stream.read()).trim().split('\n');
  expect(lines).toHaveLength(11);
  expect(lines.at(-1)).toBe('example 100%');
});
