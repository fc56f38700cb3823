import { globSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { expect, test } from 'vitest';
import { resourceTypes } from '#local/services/registry.ts';

const files = globSync('local/**/*.ts');
const sources = files.map((file) => ({ file, text: readFileSync(file, 'utf8') }));

test('the embedded cloud depends on two modules of the project', () => {
  const imported = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/(?:from|import\()\s*'(#[^']+|(?:\.\.\/)+[^']+)'/g)].flatMap(([, target = '']) => {
      if (target.startsWith('#')) return [target];
      const ups = target.split('../').length - 1;
      return ups >= file.split('/').length - 1 ? [`${file}: ${target}`] : [];
    }),
  );
  expect(files.length).toBeGreaterThan(80);
  expect([...new Set(imported)].sort()).toEqual(['#core/errors.ts', '#core/parse.ts']);
});

test('every service has its entry file and its resource types under the names that the README gives them', () => {
  const folders = new Map<string, string[]>();
  for (const file of globSync('local/services/*/*.ts')) {
    const folder = basename(dirname(file));
    folders.set(folder, [...(folders.get(folder) ?? []), basename(file)]);
  }
  const without = (name: string) => [...folders].filter(([, names]) => !names.includes(name)).map(([folder]) => folder);
  // Templates are the only way in to these; calls are the only way in to STS.
  expect(without('api.ts').sort()).toEqual(['elbv2', 'events', 'recorded']);
  expect(without('resources.ts')).toEqual(['sts']);
});

test('every resource type is known once', () => {
  const declared = sources.flatMap(({ text }) => [...text.matchAll(/'(AWS::\w+::\w+)'[,:]/g)]);
  expect(declared.map(([, type]) => type).sort()).toEqual([...resourceTypes.keys()].sort());
});
