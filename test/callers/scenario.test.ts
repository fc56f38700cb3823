import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Scenario, pickerOf, scenariosFor } from '#callers/scenario.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callers-'));
  await writeFile(
    join(folder, 'books.yaml'),
    'name: books\nutterances:\n  - Hello\n  - say: No\n    interrupt: {afterMs: 700}\n',
  );
  await writeFile(join(folder, 'silent.yaml'), 'name: silent\nutterances: []\n');
});
afterAll(() => rm(folder, { recursive: true }));

describe('scenarios', () => {
  test('a name, a file, a folder and nothing each mean what they say', async () => {
    const names = async (value?: string) => (await scenariosFor(value, folder)).map(({ name }) => name);
    expect(await names('silent')).toEqual(['silent']);
    expect(await names(join(folder, 'books.yaml'))).toEqual(['books']);
    expect(await names(folder)).toEqual(['books', 'silent']);
    expect(await names()).toEqual(['books', 'silent']);
  });

  test('a plain string is an utterance with the defaults', async () => {
    const [books] = await scenariosFor('books', folder);
    expect(books?.utterances).toEqual([
      { say: 'Hello', pauseMs: 200 },
      { say: 'No', pauseMs: 200, interrupt: { afterMs: 700 } },
    ]);
  });

  test('an unknown name is refused with the names there are', async () => {
    await expect(scenariosFor('boks', folder)).rejects.toThrow(/no caller scenario "boks".*books, silent/s);
  });

  test.each([
    [{ name: 'x', utterances: [], hangup: 1 }, /hangup/],
    [{ name: 'x', utterances: ['one'], hangUpAfter: 2 }, /hangUpAfter/],
    [{ name: 'x', utterances: [''] }, /utterances/],
    [{ name: 'x', utterances: [{ say: 'one', interrupt: true }] }, /interrupt/],
    [{ name: 'x', utterances: [], expect: 'fine' }, /expect/],
  ])('%j is refused', (input, message) => {
    expect(Scenario.safeParse(input).error?.message).toMatch(message);
  });

  test('the mix follows the shares', () => {
    const often = Scenario.parse({ name: 'often', utterances: [], share: 3 });
    const rarely = Scenario.parse({ name: 'rarely', utterances: [], share: 1 });
    let step = 0;
    const pick = pickerOf([often, rarely], () => (step++ % 100) / 100);
    const picked = Array.from({ length: 100 }, () => pick().name);
    expect(picked.filter((name) => name === 'often')).toHaveLength(75);
  });
});
