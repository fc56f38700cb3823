import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { parseYamlAs } from '#core/parse-yaml.ts';
import type { Random } from '#core/random.ts';
import { Outcome } from '#core/words/outcome.ts';

/** One thing the caller says. In YAML a plain string is the short form of `{say}`. */
export const Utterance = z.preprocess(
  (value) => (typeof value === 'string' ? { say: value } : value),
  z
    .strictObject({
      say: z.string().trim().min(1).max(500),
      /** Time to think between the end of the agent's utterance and this one. @default 200 */
      pauseMs: z.int().min(0).max(60_000).default(200),
      /** Speaks while the agent does: this long after the agent began its utterance. @default - lets the agent end */
      interrupt: z.strictObject({ afterMs: z.int().min(0).max(30_000) }).optional(),
    })
    .readonly(),
);
export type Utterance = z.infer<typeof Utterance>;

/** What one kind of caller says and does, in order: `callers/<name>.yaml` of an agent. */
export const Scenario = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'a scenario name is kebab-case'),
    describe: z.string().max(500).optional(),
    utterances: z.array(Utterance).max(100, 'a caller says at most 100 things').readonly(),
    /** Hangs up after having said this many utterances; 0: at the agent's first word. @default - until the agent ends the call */
    hangUpAfter: z.int().min(0).optional(),
    /** How long the caller bears silence before hanging up. @default 10000 */
    patienceMs: z.int().min(500).max(120_000).default(10_000),
    /** How the session should end for a healthy agent. @default - not checked */
    expect: Outcome.optional(),
    /** How often this caller rings relative to the others of a mix. @default 1 */
    share: z.number().positive().default(1),
  })
  .refine((scenario) => (scenario.hangUpAfter ?? 0) <= scenario.utterances.length, {
    path: ['hangUpAfter'],
    message: 'is more than the number of utterances',
  })
  .readonly();
export type Scenario = z.infer<typeof Scenario>;

/** Every scenario of a folder, by file name. @throws LastgoodError `not-found` when there is none */
export const readScenarios = async (folder: string): Promise<readonly Scenario[]> => {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new LastgoodError('not-found', `there is no folder of caller scenarios at ${folder}`, { cause: error });
  });
  const files = names.filter(isYaml).sort();
  if (files.length === 0) throw new LastgoodError('not-found', `${folder} holds no caller scenario (*.yaml)`);
  return Promise.all(files.map((file) => readScenario(join(folder, file))));
};

/**
 * The scenarios that `--scenario` means: a file, a folder (all of its files), or a name looked up in `folder`.
 * Without a value: all of `folder`.
 * @throws LastgoodError `unknown-name` with the names there are; `invalid-input` with every wrong field
 */
export const scenariosFor = async (value: string | undefined, folder: string): Promise<readonly Scenario[]> => {
  if (value === undefined) return readScenarios(folder);
  const kind = await stat(value).catch(() => undefined);
  if (kind?.isDirectory()) return readScenarios(value);
  if (kind?.isFile()) return [await readScenario(value)];
  const all = await readScenarios(folder);
  const found = all.filter((scenario) => scenario.name === value);
  if (found.length > 0) return found;
  throw new LastgoodError(
    'unknown-name',
    `there is no caller scenario ${JSON.stringify(basename(value))}; ${folder} has ` +
      `${all.map((scenario) => scenario.name).join(', ')}. Name one of them or give a file.`,
  );
};

/** A picker over the mix: scenario of the n-th call, in proportion to `share`. */
export const pickerOf = (scenarios: readonly Scenario[], random: Random): (() => Scenario) => {
  const total = scenarios.reduce((sum, scenario) => sum + scenario.share, 0);
  const last = scenarios.at(-1);
  if (last === undefined) throw new LastgoodError('invalid-input', 'a mix of callers needs at least one scenario');
  return () => {
    let left = random() * total;
    return scenarios.find((scenario) => (left -= scenario.share) < 0) ?? last;
  };
};

const isYaml = (name: string): boolean => ['.yaml', '.yml'].includes(extname(name));

const readScenario = async (path: string): Promise<Scenario> =>
  parseYamlAs(Scenario, await readFile(path, 'utf8'), path);
