import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { environments } from '#lambdas/entrance/environment.ts';

const files = readdirSync('lambdas', { withFileTypes: true });

test('every file directly in lambdas is a function, and every function is there', () => {
  const names = files.filter((entry) => entry.isFile()).map(({ name }) => name);
  expect(names.toSorted()).toEqual(
    Object.keys(environments)
      .map((name) => `${name}.ts`)
      .toSorted(),
  );
  expect(files.filter((entry) => entry.isDirectory()).map(({ name }) => name)).toEqual(['entrance']);
});

test('a function is called by its name', () => {
  for (const name of Object.keys(environments)) {
    expect(readFileSync(`lambdas/${name}.ts`, 'utf8')).toMatch(
      new RegExp(`export const handler = lambdaHandler\\(\\s*'${name}'`),
    );
  }
});
