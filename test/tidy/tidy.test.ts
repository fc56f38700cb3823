import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path/posix';
import { describe, expect, test } from 'vitest';
import { circlesOf, graphOf } from './circles.ts';
import { productRooms, root, type Source, sourcesOf } from './source-tree.ts';

/** A contract kit is test code that lies beside what it is for. */
const product = sourcesOf(...productRooms, 'memory').filter(({ path }) => !path.endsWith('/contract.ts'));
const tests = sourcesOf('test', 'bench');
const within = (...folders: readonly string[]) =>
  product.filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/`)));

/** `path: text` of every line of code that matches. */
const linesWith = (sources: readonly Source[], pattern: RegExp): readonly string[] =>
  sources.flatMap(({ path, code }) =>
    code.split('\n').flatMap((line) => (pattern.test(line) ? [`${path}: ${line.trim()}`] : [])),
  );

/** The same, comments included. */
const linesOfText = (sources: readonly Source[], pattern: RegExp): readonly string[] =>
  linesWith(
    sources.map((source) => ({ ...source, code: source.text })),
    pattern,
  );

/** Names that files export as a type of their own, with the files. */
const declared = (sources: readonly Source[]): ReadonlyMap<string, readonly string[]> => {
  const places = new Map<string, string[]>();
  for (const { path, code } of sources) {
    const names = [...code.matchAll(/^export (?:interface|type) (\w+)/gm)].flatMap(([, name]) => name ?? []);
    for (const name of new Set(names)) places.set(name, [...(places.get(name) ?? []), path]);
  }
  return places;
};

describe('circles', () => {
  test('no file imports itself through others, types included', () => {
    expect(circlesOf(graphOf(product, (path) => path))).toEqual([]);
  });

  test('no folder imports itself through others; a folder and its subfolders are one', () => {
    const isKin = (a: string, b: string): boolean => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
    const folders = [...graphOf(product, (path) => dirname(path))];
    const apart = folders.map(([from, to]) => [from, new Set([...to].filter((one) => !isKin(from, one)))] as const);
    expect(circlesOf(new Map(apart))).toEqual([]);
  });

  test('the finder of circles finds one', () => {
    const graph = new Map([
      ['a', new Set(['b'])],
      ['b', new Set(['c', 'd'])],
      ['c', new Set(['a'])],
      ['d', new Set<string>()],
    ]);
    expect(circlesOf(graph)).toEqual([['a', 'b', 'c']]);
  });
});

test('a room imports another by its name, so that the lint sees it', () => {
  const roomOf = (path: string): string => path.split('/')[0] ?? '';
  const around = product.flatMap(({ path, code }) =>
    [...code.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)]
      .map(([, name = '']) => join(dirname(path), name))
      .filter((target) => roomOf(target) !== roomOf(path))
      .map((target) => `${path}: ${target}`),
  );
  expect(around).toEqual([]);
});

test('one folder of the CLI meets the embedded cloud, and only functions that probe meet the callers', () => {
  const importers = (room: string, target: string): readonly string[] =>
    within(room)
      .filter(({ imports }) => imports.some((name) => name.startsWith(`${target}/`)))
      .map(({ path }) => path);
  expect(importers('cli', 'local').filter((path) => dirname(path) !== 'cli/embedded-cloud')).toEqual([]);
  expect(importers('lambdas', 'callers').filter((path) => !/^lambdas\/pro(?:be|ve)-/.test(path))).toEqual([]);
});

test('a file of operations is named by the operation that it exports', () => {
  const camel = (path: string): string =>
    basename(path, '.ts').replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  // What several operations stand on.
  const shared = new Set(['operations/org-stores.ts', 'operations/canary/comparison.ts']);
  const nameless = within('operations')
    .filter(({ path }) => !shared.has(path))
    .filter(({ path, code }) => !code.includes(`export const ${camel(path)} =`));
  expect(nameless.map(({ path }) => path)).toEqual([]);
});

describe('sizes', () => {
  test('a file has at most 300 lines', () => {
    const long = [...product, ...tests].filter(({ lines }) => lines > 300).map(({ path, lines }) => `${path} ${lines}`);
    expect(long).toEqual([]);
  });

  test('a handler has at most 60 lines, and lambdas/ holds handlers only', () => {
    const handlers = product.filter(({ path }) => dirname(path) === 'lambdas');
    expect(handlers.length).toBeGreaterThan(10);
    expect(handlers.filter(({ lines }) => lines > 60).map(({ path, lines }) => `${path} ${lines}`)).toEqual([]);
    expect(handlers.filter(({ code }) => !/^export const handler = /m.test(code)).map(({ path }) => path)).toEqual([]);
  });
});

describe('one place for one thing', () => {
  test('no port or stored schema of core is declared a second time', () => {
    const ofCore = declared(within('core'));
    // The embedded cloud speaks AWS, whose names may be ours by chance.
    const others = declared(product.filter(({ path }) => !path.startsWith('core/') && !path.startsWith('local/')));
    const twice = [...ofCore].flatMap(([name, places]) =>
      places.length > 1 || others.has(name) ? [`${name}: ${[...places, ...(others.get(name) ?? [])].join(', ')}`] : [],
    );
    expect(twice).toEqual([]);
  });

  test('there is one clock', () => {
    const clocks = product
      .filter(({ code }) => /^(?:export )?(?:interface|type) \w*Clock\b/m.test(code))
      .map(({ path }) => path);
    expect(clocks).toEqual(['core/clock.ts']);
  });
});

/** Where a program starts: these alone name the machine's time, randomness and environment. */
const entrances = [
  'core/clock.ts', // the system's clock itself
  'bin/',
  'lambdas/',
  'runtime/edge/main.ts',
  'runtime/host/main.ts',
  'runtime/agent/main.ts',
  'cli/',
  'lib/',
  // where the embedded cloud meets the machine
  'local/cloud.ts',
  'local/synth.ts',
  'local/chance.ts',
  'local/processes/',
  'local/services/lambda/runtime.ts',
];
const inside = product.filter(({ path }) => !entrances.some((entrance) => path.startsWith(entrance)));

describe('leaks outside the entrances', () => {
  test('nobody reads the time or sets a timer but by the clock', () => {
    const time =
      /\bDate\.now\b|\bnew Date(?!\(\S)\b|\bperformance\.now\b|\bhrtime\b|(?<![.\w])set(?:Timeout|Interval)\(|timers\/promises/;
    expect(linesWith(inside, time)).toEqual([]);
  });

  test('nobody takes the system clock for granted', () => {
    expect(
      linesWith(
        inside.filter(({ path }) => path !== 'core/clock.ts'),
        /\b(?:system|monotonic|background)Clock\b/,
      ),
    ).toEqual([]);
  });

  test('randomness is passed in', () => {
    expect(linesWith(inside, /Math\.random|\brandom(?:UUID|Bytes|Int)\b.*node:crypto|crypto\.random/)).toEqual([]);
  });

  test('the environment is passed in', () => {
    expect(linesWith(inside, /\benv\b.*\bprocess\b|\bprocess\b\W*env\b/)).toEqual([]);
  });
});

describe('the words of the glossary', () => {
  const glossary = readFileSync(join(root, 'docs/glossary.md'), 'utf8');

  test('are in use, each of them', () => {
    const words = [...glossary.matchAll(/^\| \*\*([^*]+)\*\*/gm)].flatMap(([, cell = '']) => cell.split(', '));
    expect(words.length).toBeGreaterThan(40);
    const text = product.map((source) => source.text.toLowerCase()).join('\n');
    const isUsed = (word: string): boolean =>
      [' ', '-', ''].some((between) => text.includes(word.toLowerCase().replaceAll(/[ -]/g, between)));
    expect(words.filter((word) => !isUsed(word))).toEqual([]);
  });

  test('have no twins: an idea has one word', () => {
    const twins =
      /\b(?:tenants?|roll-?outs?|experiments?|whitelist|blacklist|allowlist|chatbots?|deployment group|control group|reverts?|previous release)\b/i;
    expect(linesOfText(product, twins)).toEqual([]);
  });
});

describe('idioms', () => {
  test('privacy is #', () => {
    expect(linesWith([...product, ...tests], /^\s+private (?!constructor)/)).toEqual([]);
  });

  test('an optional property is spread with &&', () => {
    expect(linesWith(product, /\.\.\.\([^()]*\? \{[^{}]*\} : \{\}\)|\.\.\.\([^()]*\? \{\} : \{/)).toEqual([]);
  });

  test('names say what a thing is', () => {
    const vague = /(?:^|[/-])(?:utils?|helpers?|common|misc|managers?)(?:[/.-]|$)/;
    expect(product.map(({ path }) => path).filter((path) => vague.test(path))).toEqual([]);
  });
});
