import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { type HandlerName, environments } from '#lambdas/entrance/environment.ts';
import { projectRoot } from './project-root.ts';

/** CommonJS packages inside an ESM bundle (the X-Ray SDK) still call require. */
const requireShim = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Bundles every function in one esbuild run, which shares the parsing of what they have in common: 2 s for all of them,
 * where one run per function takes 7 s. The AWS SDK is part of each bundle: the version that was tested is the one that runs.
 */
const bundleAll = (): string => {
  // Inside the project, so that source maps hold relative paths and every machine gets the same asset.
  const cache = join(projectRoot, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const outdir = mkdtempSync(join(cache, 'lastgood-functions-'));
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true }));
  buildSync({
    entryPoints: Object.keys(environments).map((name) => ({
      in: join(projectRoot, 'lambdas', `${name}.ts`),
      out: join(name, 'index'),
    })),
    outdir,
    outExtension: { '.js': '.mjs' },
    absWorkingDir: projectRoot,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: false,
    sourcemap: true,
    banner: { js: requireShim },
    logLevel: 'warning',
  });
  return outdir;
};

let folder: string | undefined;

/** Folder with `index.mjs` and its source map. Bundled at first use, once for all orgs of a synth. */
export const functionBundle = (name: HandlerName): string => {
  folder ??= bundleAll();
  return join(folder, name);
};
