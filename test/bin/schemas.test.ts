import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { matchesGlob } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { type KindName, jsonSchemas, kinds, schemaFile, schemaText } from '../../bin/schemas/json-schemas.ts';
import { shippedPlans } from '#core/canary/plans.ts';
import { ScriptedLlmParams } from '#runtime/providers/scripted/params.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const schemas = await jsonSchemas();
const names = Object.keys(kinds) as KindName[];

const ajv = new Ajv({ strict: true, strictTypes: false, allErrors: true });
const checks = Object.fromEntries(names.map((name) => [name, ajv.compile(schemas[name])]));
const refusals = (name: KindName, value: unknown): readonly string[] => {
  const check = checks[name]!;
  return check(value) ? [] : check.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
};

const settings = JSON.parse(await readFile(`${root}.vscode/settings.json`, 'utf8')) as {
  'yaml.schemas': Record<string, string>;
};
const kindsOf = (path: string): readonly KindName[] =>
  names.filter((name) => {
    const pattern = settings['yaml.schemas'][`./docs/schemas/${name}.schema.json`];
    return pattern !== undefined && matchesGlob(path, pattern);
  });

interface WrittenFile {
  readonly path: string;
  readonly name: KindName;
  readonly value: unknown;
}

const paths = globSync('{examples,orgs}/**/*.yaml', { cwd: root });
const written: readonly WrittenFile[] = await Promise.all(
  paths.sort().map(async (path) => ({
    path,
    name: kindsOf(path)[0] ?? 'plan',
    value: parse(await readFile(root + path, 'utf8')) as unknown,
  })),
);

const scripted = z.object({ model: z.object({ provider: z.literal('scripted'), params: z.unknown().default({}) }) });

/** What the build and the host that prepares the release make of a file. */
const isTaken = (name: KindName, value: unknown): boolean => {
  const agent = scripted.safeParse(value);
  const rulesFit = !agent.success || ScriptedLlmParams.safeParse(agent.data.model.params).success;
  return rulesFit && kinds[name].schema.safeParse(value).success;
};

/** Every way to spoil one place of a document: an unknown key, a missing key, a value of another type. */
const spoiled = function* (value: unknown): Generator<unknown> {
  yield typeof value === 'string' ? 7.5 : 'spoiled text';
  yield null;
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) for (const other of spoiled(item)) yield value.with(index, other);
  else if (typeof value === 'object' && value !== null) {
    yield { ...value, notAKey: 1 };
    for (const [key, item] of Object.entries(value)) {
      const { [key]: _, ...rest } = value as Record<string, unknown>;
      yield rest;
      for (const other of spoiled(item)) yield { ...value, [key]: other };
    }
  }
};

describe('the schemas for editors', () => {
  test.each(names)(
    'docs/schemas/%s.schema.json is what the code says; npm run schemas writes it anew',
    async (name) => {
      expect(await readFile(schemaFile(name), 'utf8')).toBe(schemaText(schemas[name]));
    },
  );

  test('each has an id, a title, and says what it is for', () => {
    for (const name of names) {
      expect(schemas[name]).toMatchObject({ $id: `urn:lastgood:schema:${name}`, title: kinds[name].title });
      expect(schemas[name].description?.length).toBeGreaterThan(20);
    }
  });

  test('the settings of the editor give each YAML file of the repository one schema', () => {
    expect(Object.keys(settings['yaml.schemas']).toSorted()).toEqual(
      names.map((name) => `./docs/schemas/${name}.schema.json`).toSorted(),
    );
    expect(paths.length).toBeGreaterThan(10);
    for (const path of paths) expect([path, kindsOf(path).length]).toEqual([path, 1]);
  });

  test.each(written.map((file) => [file.path, file] as const))('%s is valid', (_path, { name, value }) => {
    expect(refusals(name, value)).toEqual([]);
    expect(isTaken(name, value)).toBe(true);
  });

  test('the shipped plans are valid', () => {
    for (const plan of shippedPlans.values()) expect(refusals('plan', plan)).toEqual([]);
  });

  test.each(written.map((file) => [file.path, file] as const))(
    '%s with a wrong key is refused, and nothing is refused that would work',
    (_path, { name, value }) => {
      expect(refusals(name, { ...Object(value), notAKey: 1 })).toEqual([' must NOT have additional properties']);
      const refused = [...spoiled(value)].filter((other) => refusals(name, other).length > 0);
      expect(refused.length).toBeGreaterThan(10);
      expect(refused.filter((other) => isTaken(name, other))).toEqual([]);
    },
  );

  test('no field lost its type to its description', () => {
    const untyped = (schema: unknown, at: string): readonly string[] => {
      if (typeof schema !== 'object' || schema === null) return [];
      const { properties = {} } = schema as { properties?: Record<string, object> };
      const here = Object.entries(properties).filter(
        ([, field]) =>
          typeof field === 'object' &&
          !['type', 'anyOf', 'oneOf', 'const', '$ref', 'properties'].some((word) => word in field),
      );
      return [
        ...here.map(([key]) => `${at}.${key}`),
        ...Object.entries(schema).flatMap(([key, value]) => untyped(value, `${at}/${key}`)),
      ];
    };
    expect(names.flatMap((name) => untyped(schemas[name], name))).toEqual([]);
  });

  test('a field has its description from the doc comment beside it', () => {
    const properties = (schema: object): Record<string, { description?: string }> => Object(schema).properties;
    const { model } = properties(schemas.agent);
    expect(properties(model!)['turnDetection']?.description).toBe(
      "When the caller's turn begins and ends. Defaults are the field's usual ones.",
    );
    expect(properties(properties(model!)['stt']!)['vocabulary']?.description).toBe(
      'Words that the recogniser should expect.',
    );
    expect(properties(schemas.caller)['patienceMs']?.description).toBe(
      'How long the caller bears silence before hanging up. Default: 10000',
    );
  });

  test('rules of the provider scripted are checked inside agent.yaml, those of other providers are not', () => {
    const agent = written.find(({ path }) => path === 'examples/clinic/agent.yaml')?.value as {
      model: { params: { rules: Record<string, unknown> } };
    };
    const withRules = (provider: string) => ({
      ...agent,
      model: { ...agent.model, provider, params: { rules: { greet: [{ on: 'enter', sya: 'Hello' }] } } },
    });
    expect(refusals('agent', withRules('scripted'))).toContain(
      '/model/params/rules/greet/0 must NOT have additional properties',
    );
    expect(refusals('agent', withRules('bedrock'))).toEqual([]);
  });
});
