import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/**
 * The walks of docs/architecture.md: which files a reader opens, in which order. `node test/walks.ts [root]` prints, for the
 * working tree or another one, how many files each walk lists and how many its entries import, directly or not.
 */
export interface Walk {
  readonly heading: string;
  /** Where the code of the walk begins: commands, processes and functions. */
  readonly entries: readonly string[];
}

export const walks: readonly Walk[] = [
  {
    heading: 'From `release publish` to the flip of the head',
    entries: [
      'cli/release/publish.ts',
      'cli/promote.ts',
      'lambdas/validate.ts',
      'lambdas/check-evidence.ts',
      'lambdas/prepare-pool.ts',
      'lambdas/probe-pool.ts',
      'lambdas/replay.ts',
      'lambdas/start-canary.ts',
      'lambdas/analyze.ts',
      'lambdas/promote.ts',
      'lambdas/carry-out.ts',
      'lib/constructs/promotion-workflow.ts',
    ],
  },
  {
    heading: "From a call's first byte to the deciding outcome",
    entries: [
      'runtime/edge/main.ts',
      'runtime/host/main.ts',
      'runtime/agent/main.ts',
      'lambdas/weigh-outcome.ts',
      'lambdas/roll-back.ts',
      'lambdas/carry-out.ts',
    ],
  },
];

/** Paths that a section of a page names, in their order. */
export const filesOfSection = (page: string, heading: string): readonly string[] => {
  const from = page.indexOf(`## ${heading}\n`);
  if (from < 0) return [];
  const to = page.indexOf('\n## ', from + 1);
  return [...page.slice(from, to < 0 ? undefined : to).matchAll(/`([a-z]+\/[\w./-]+\.ts)`/g)].flatMap(
    ([, path]) => path ?? [],
  );
};

const rooms = new Set(['core', 'operations', 'aws', 'lambdas', 'runtime', 'callers', 'cli', 'lib']);

/** The entries and every file of the product that they import, directly or not; types alone (`import type`) do not count. */
export const importClosure = (root: string, entries: readonly string[]): ReadonlySet<string> => {
  const found = new Set<string>();
  const waiting = entries.filter((entry) => existsSync(join(root, entry)));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    waiting.push(...importsOf(root, file));
  }
  return found;
};

const importsOf = (root: string, file: string): readonly string[] => {
  const source = readFileSync(join(root, file), 'utf8');
  return [...source.matchAll(/^(?:import|export) ([^'";]*?)from '([#.][^']+\.ts)'/gm)]
    .filter(([, names = '']) => !isTypeOnly(names))
    .map(([, , path = '']) => (path.startsWith('#') ? path.slice(1) : normalize(join(dirname(file), path))))
    .filter((path) => rooms.has(path.split('/')[0] ?? '') && existsSync(join(root, path)));
};

const isTypeOnly = (names: string): boolean =>
  names.startsWith('type ') || /^\{(\s*type \w+( as \w+)?,?)+\s*\}\s*$/.test(names);

if (import.meta.main) {
  const root = process.argv[2] ?? '.';
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  for (const { heading, entries } of walks) {
    const listed = filesOfSection(page, heading).length;
    process.stdout.write(`${heading}: ${listed} files listed, ${importClosure(root, entries).size} imported\n`);
  }
}
