import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';

const files = globSync('operations/**/*.ts');

/** Time, randomness and environment reach an operation through its ports. */
const leaks = [
  /\bDate\.now\b/,
  /\bnew Date\(\)/,
  /\bMath\.random\b/,
  /\brandom(Bytes|UUID)\(/,
  /\bprocess\.(env|hrtime)\b/,
  /\bperformance\.now\b/,
  /\bset(Timeout|Interval)\(/,
];

const camel = (file: string): string =>
  basename(file, '.ts').replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

test('operations read no clock, no randomness and no environment of their own', () => {
  expect(files.length).toBeGreaterThan(20);
  const found = files.flatMap((file) => {
    const source = readFileSync(file, 'utf8');
    return leaks.filter((leak) => leak.test(source)).map((leak) => `${file}: ${leak.source}`);
  });
  expect(found).toEqual([]);
});

test('a file of operations is named by the operation that it exports', () => {
  const nameless = files
    .filter((file) => file !== 'operations/org-stores.ts')
    .filter((file) => !readFileSync(file, 'utf8').includes(`export const ${camel(file)} =`));
  expect(nameless).toEqual([]);
});
