import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AwsError } from '#local/http/aws-error.ts';
import type { Services } from '#local/services/services.ts';
import { scope } from '../test-context.ts';
import { openServices } from './refusal-table.ts';

let services: Services;

beforeAll(() => {
  const opened = openServices();
  ({ services } = opened);
  return opened.close;
});

/** Every object inside a schema that would take a member it does not name, and every value that nobody looks at. */
const open = (schema: z.core.$ZodType, path: string): readonly string[] => {
  const inner = (children: Readonly<Record<string, z.core.$ZodType>>): readonly string[] =>
    Object.entries(children).flatMap(([name, child]) => open(child, `${path}.${name}`));
  const { def } = schema as z.ZodType & { readonly def: z.core.$ZodTypes['_zod']['def'] };
  switch (def.type) {
    case 'object':
      return [...(isNever(def.catchall) ? [] : [`${path} is open`]), ...inner(def.shape)];
    case 'array':
      return inner({ '[]': def.element });
    case 'record':
      return inner({ '{}': def.valueType });
    case 'union':
      return def.options.flatMap((option) => open(option, path));
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      return open(def.innerType, path);
    case 'pipe':
      return open(def.in, path);
    case 'unknown':
    case 'any':
    case 'custom':
      return [`${path} takes anything`];
    case 'string':
    case 'number':
    case 'boolean':
    case 'enum':
    case 'literal':
    case 'never':
      return [];
    default:
      return [`${path} is a ${def.type}, which this test does not know`];
  }
};

const isNever = (schema: z.core.$ZodType | undefined): boolean => schema instanceof z.ZodNever;

const isRefusal = (outcome: unknown): boolean =>
  outcome instanceof AwsError &&
  outcome.status === 400 &&
  outcome.code !== 'SerializationException' &&
  outcome.message.includes('does not support the parameter Surprise');

const schemas = (): readonly (readonly [string, z.ZodType])[] => {
  const { json, query, rest } = services.apis;
  return [
    ...json.flatMap(({ target, operations }) =>
      Object.entries(operations).map(([name, { schema }]) => [`${target} ${name}`, schema] as const),
    ),
    ...[...query, ...rest].flatMap(({ service, operations }) =>
      Object.entries(operations).map(([name, { schema }]) => [`${service} ${name}`, schema] as const),
    ),
  ];
};

describe('invariant 12: every operation of the embedded cloud', () => {
  test('refuses an unknown parameter by its name, as the fault of the caller', async () => {
    const { json, query } = services.apis;
    const calls = [...json, ...query].flatMap(({ operations }) => Object.entries(operations));
    expect(calls.length).toBeGreaterThan(60);
    const outcomes = await Promise.all(
      calls.map(async ([name, run]) => [
        name,
        await run(scope, { Surprise: 'x' }).catch((error: unknown) => (error instanceof AwsError ? error : undefined)),
      ]),
    );
    expect(outcomes.filter(([, outcome]) => !isRefusal(outcome)).map(([name]) => name)).toEqual([]);
  });

  test('names every member that it takes, at every depth', () => {
    const found = schemas().flatMap(([name, schema]) => open(schema, name));
    // What dynalite checks itself: values, not the names of parameters.
    expect(found.filter((one) => !/^DynamoDB_20120810 .* takes anything$/.test(one))).toEqual([]);
    expect(schemas().length).toBeGreaterThan(70);
  });

  test('and this test sees an open object and an unseen value', () => {
    const schema = z.strictObject({ a: z.object({ b: z.string() }), c: z.array(z.strictObject({ d: z.unknown() })) });
    expect(open(schema, 'x')).toEqual(['x.a is open', 'x.c.[].d takes anything']);
  });
});

test('an account too many is refused as a full machine, not as a defect', async () => {
  const { services: small, close } = openServices();
  const list = (account: number) =>
    small.apis.query[1]?.operations['ListTopics']?.({ account: String(account).padStart(12, '0'), region: 'r' }, {});
  for (let account = 0; account < 500; account += 1) await list(account);
  await expect(list(500)).rejects.toMatchObject({ code: 'ThrottlingException', status: 429 });
  await close();
});
