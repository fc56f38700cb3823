import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** One source file: its path from the root, and its text without comments for questions about code. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly code: string;
  readonly lines: number;
  /** Files of the project that it imports, types included. */
  readonly imports: readonly string[];
}

/** Rooms whose lines are the product. `memory/` is product, too, and counted apart. */
export const productRooms = [
  'bin',
  'core',
  'operations',
  'aws',
  'lambdas',
  'runtime',
  'callers',
  'lib',
  'local',
  'cli',
] as const;

/** Every tracked or new TypeScript file below the given folders. */
export const sourcesOf = (...folders: readonly string[]): readonly Source[] =>
  filesOf(folders)
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .flatMap((path) => readSource(path));

/** Once each: in the middle of a merge git lists a file several times. */
const filesOf = (folders: readonly string[]): readonly string[] => [
  ...new Set(
    execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...folders], {
      cwd: root,
      encoding: 'utf8',
    }).split('\n'),
  ),
];

/** A file that git still lists but that is gone is no source. */
const readSource = (path: string): readonly Source[] => {
  let text: string;
  try {
    text = readFileSync(join(root, path), 'utf8');
  } catch {
    return [];
  }
  const code = withoutComments(text);
  return [{ path, text, code, lines: text.split('\n').length - 1, imports: importsOf(path, code) }];
};

const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[\s;{}(])\/\/.*$/gm, '$1');

const specifier = /(?:from|import)\s*\(?\s*'((?:#|\.{1,2}\/)[^']+)'/g;

const importsOf = (path: string, code: string): readonly string[] => [
  ...new Set(
    [...code.matchAll(specifier)].map(([, name = '']) =>
      name.startsWith('#') ? name.slice(1) : join(dirname(path), name),
    ),
  ),
];
