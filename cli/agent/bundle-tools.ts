import { build, type BuildFailure, type BuildResult, version } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LastgoodError } from '#core/errors.ts';
import { type BundleFile, bundleEntry } from '#core/release/bundle.ts';

/** What makes the bundle; stands in the manifest. */
export const bundleBuilder = `esbuild@${version}`;

/** Not a path of the agent: the module that gathers the tools. */
const gatherer = 'lastgood-tools.ts';

/** Packages in CommonJS call `require` for Node's own modules, which a module does not have by itself. */
const banner = "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";

/**
 * Bundles an agent's tools into one module that exports `tools`, with the sources it was made of beside it. Every
 * option that could depend on the machine is pinned; paths in the output are relative to the agent's folder.
 * @param root the folder, without links
 * @param toolFiles `tools/<name>.ts`, sorted
 * @throws LastgoodError `invalid-input` with file, line and column
 */
export const bundleTools = async (root: string, toolFiles: readonly string[]): Promise<readonly BundleFile[]> => {
  const imports = toolFiles.map((path, index) => `import * as tool${index} from './${path}';`);
  const contents = [
    ...imports,
    `export const tools = [${toolFiles.map((_, index) => `tool${index}.tool`).join(', ')}];`,
  ];
  const result = await build({
    absWorkingDir: root,
    stdin: { contents: contents.join('\n'), resolveDir: root, sourcefile: gatherer, loader: 'ts' },
    outfile: bundleEntry,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    charset: 'utf8',
    banner: { js: banner },
    sourcemap: false,
    legalComments: 'none',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    logLevel: 'silent',
  }).catch((cause: unknown) => {
    throw asBuildError(cause);
  });
  const module = result.outputFiles[0];
  if (!module) throw new LastgoodError('internal', 'esbuild gave no output');
  const sources = await Promise.all(
    sourcesOf(result).map(async (path) => ({ path, bytes: new Uint8Array(await readFile(join(root, path))) })),
  );
  return [{ path: bundleEntry, bytes: module.contents }, ...sources];
};

/** The agent's own files in the bundle. Files from elsewhere would make the id depend on where the folder lies. */
const sourcesOf = ({ metafile }: BuildResult<{ metafile: true }>): readonly string[] => {
  const inside = Object.entries(metafile.inputs).filter(([path]) => !isOutside(path));
  for (const [path, { imports }] of inside) {
    const outsider = imports.find((imported) => imported.external !== true && isOutside(imported.path));
    if (outsider === undefined) continue;
    throw new LastgoodError(
      'invalid-input',
      `${path} imports ${outsider.path}, which lies outside the agent's folder; copy the file into tools/ or install the package in the folder`,
    );
  }
  return inside.map(([path]) => path).filter((path) => path !== gatherer && !path.split('/').includes('node_modules'));
};

const isOutside = (path: string): boolean => path.startsWith('../') || path.startsWith('/') || /^[A-Za-z]:/.test(path);

const asBuildError = (cause: unknown): LastgoodError => {
  const errors = isBuildFailure(cause) ? cause.errors : [];
  if (errors.length === 0) return new LastgoodError('internal', `esbuild failed: ${String(cause)}`, { cause });
  const lines = errors.slice(0, 20).map(({ location, text }) => {
    if (!location || location.file === gatherer) return text;
    return `${location.file}:${location.line}:${location.column + 1}: ${text}`;
  });
  return new LastgoodError('invalid-input', `the tools cannot be bundled:\n  ${lines.join('\n  ')}`, { cause });
};

const isBuildFailure = (cause: unknown): cause is BuildFailure => cause instanceof Error && 'errors' in cause;
