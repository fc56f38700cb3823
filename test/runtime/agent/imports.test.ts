import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** Modules that a program loads before its first line runs, its own and packages. */
const loadedBy = async (entry: string): Promise<ReadonlySet<string>> => {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    splitting: true,
    write: false,
    outdir: 'unused',
    metafile: true,
  });
  const loaded = new Set<string>();
  const visit = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: next, kind } of metafile.inputs[path]?.imports ?? []) if (kind !== 'dynamic-import') visit(next);
  };
  visit(entry);
  return loaded;
};

test('an agent process starts without the schema library, the validator and anything of tests', async () => {
  const loaded = await loadedBy('runtime/agent/main.ts');
  expect([...loaded].filter((path) => path.includes('/scripted/llm'))).toHaveLength(1);
  expect([...loaded].filter((path) => /zod|ajv|vitest|contract/.test(path))).toEqual([]);
});
