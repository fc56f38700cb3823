import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { lastgood } from '#cli/program.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A command with its words: `release publish`. */
interface Named {
  readonly words: string;
  readonly command: Command;
}

const below = (parent: Command, words: readonly string[] = []): readonly Named[] =>
  parent.commands.flatMap((command) => {
    const path = [...words, command.name()];
    return [{ words: path.join(' '), command }, ...below(command, path)];
  });

const commands = below(lastgood());
const isGroup = ({ command }: Named): boolean => command.commands.length > 0;
const named = commands.map((one) => [one.words, one] as const);
const leaves = commands.filter((one) => !isGroup(one)).map((one) => [one.words, one] as const);

const helpOf = (command: Command): string => {
  let text = '';
  command.configureOutput({ writeOut: (written) => (text += written) }).outputHelp();
  return text;
};

const examplesOf = (command: Command): readonly string[] =>
  helpOf(command)
    .split(/^Examples?:$/m)
    .slice(1)
    .flatMap((text) => text.split('\n'))
    .map((line) => line.trim())
    .filter((line) => line.startsWith('lastgood '));

describe('every command', () => {
  test.each(named)('%s stands in the file of its name, which exports it under its name', async (words, { command }) => {
    const name = words.replaceAll(/ (.)/g, (_, letter: string) => letter.toUpperCase());
    const module = (await import(join(root, 'cli', `${words.replaceAll(' ', '/')}.ts`))) as Record<string, unknown>;
    const made = (module[`${name}Command`] as () => Command)();
    expect(made.name()).toBe(command.name());
    expect(made.description()).toBe(command.description());
  });

  test.each(named)('%s shows an example in its help', (words, { command }) => {
    expect(examplesOf(command).filter((line) => `${line} `.startsWith(`lastgood ${words} `))).not.toEqual([]);
  });

  test.each(named)('%s shows only examples that name commands and options that exist', (_words, { command }) => {
    const wrong = examplesOf(command).filter((line) => {
      const called = commands.findLast(({ words }) => `${line} `.startsWith(`lastgood ${words} `));
      const options = new Set(called?.command.options.map(({ long }) => long));
      const given = line.match(/--[a-z-]+/g) ?? [];
      return called === undefined || given.some((option) => !options.has(option));
    });
    expect(wrong).toEqual([]);
  });

  test.each(named)('%s describes itself in one clause', (_words, { command }) => {
    expect(command.description()).toMatch(/^[a-z].*[^.]$/);
  });

  test.each(leaves)('%s answers with --json', (_words, { command }) => {
    expect(command.options.map((option) => option.long)).toContain('--json');
  });

  test.each(['rollback', 'freeze', 'unfreeze', 'quarantine', 'promote', 'release publish', 'drill'])(
    '%s leaves a name in history or records, which --by sets',
    (words) => {
      const { command } = commands.find((one) => one.words === words)!;
      expect(command.options.map((option) => option.long)).toContain('--by');
    },
  );
});

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));

const files = filesBelow('cli');
const commandFiles = new Set(commands.map(({ words }) => `cli/${words.replaceAll(' ', '/')}.ts`));
/** Folders for what several commands share; CONTRIBUTING.md says what is in them. */
const shared = ['agent', 'embedded-cloud', 'options', 'org', 'promotion', 'terminal'];
const topFolder = (file: string): string | undefined => (file.split('/').length > 2 ? file.split('/')[1] : undefined);
const isTopCommand = (folder: string): boolean => commandFiles.has(`cli/${folder}.ts`);

/** Files of the CLI that a file imports. */
const importsOf = (file: string): readonly string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, path = '']) =>
    normalize(join(dirname(file), path)),
  );

describe('the folder cli', () => {
  test('holds commands, parts of one command in its folder, and folders for what several share', () => {
    const roots = new Set(['cli/program.ts', 'cli/run-program.ts']);
    const homeless = files.filter((file) => {
      const folder = topFolder(file);
      return folder === undefined
        ? !commandFiles.has(file) && !roots.has(file)
        : !shared.includes(folder) && !isTopCommand(folder);
    });
    expect(homeless).toEqual([]);
    expect(shared.filter(isTopCommand)).toEqual([]);
  });

  test('has no part of a command that another command uses: such a part moves to a shared folder', () => {
    const borrowed = files.flatMap((file) =>
      importsOf(file)
        .filter((part) => {
          const owner = topFolder(part);
          return owner !== undefined && isTopCommand(owner) && owner !== topFolder(file) && file !== `cli/${owner}.ts`;
        })
        .map((part) => `${file} uses ${part}`),
    );
    expect(borrowed).toEqual([]);
  });

  test.each(files)('%s takes time, randomness and environment from who calls it', (file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const world = /Date\.now\(|new Date\(\)|performance\.now|Math\.random|randomUUID|node:timers|setTimeout/;
    expect(text).not.toMatch(world);
    // The action of a command is where the world comes in; `thisMachine` is what it names for the user and the environment.
    if (commandFiles.has(file) || file === 'cli/options/by.ts') return;
    expect(text).not.toMatch(/systemClock|thisMachine|process\.env|userInfo|randomBytes/);
  });

  test('has its tests under the same names in test/cli', () => {
    const tests = filesBelow('test/cli').filter((file) => file.endsWith('.test.ts'));
    const tested = tests.map((file) => file.replace(/^test\//, '').replace(/\.test\.ts$/, '.ts'));
    expect(tested.filter((file) => !files.includes(file))).toEqual([]);
  });
});
