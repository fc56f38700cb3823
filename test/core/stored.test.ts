import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { stored } from '#core/stored.ts';
import { sourcesOf } from '../tidy/source-tree.ts';
import { records } from './stored-records.ts';

type Path = readonly (string | number)[];

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Paths of every object in a record, the record itself first; what is inside a list or a report counts, too. */
const objectsIn = (value: unknown, path: Path = []): readonly Path[] => {
  if (!isObject(value)) return [];
  const inner = Object.entries(value).flatMap(([key, one]) => objectsIn(one, [...path, key]));
  return Array.isArray(value) ? inner : [path, ...inner];
};

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);

/** A copy with one object in it changed. */
const changed = (record: unknown, path: Path, change: (object: Record<string, unknown>) => void): unknown => {
  const copy: unknown = structuredClone(record);
  const object = valueAt(copy, path);
  if (isObject(object)) change(object);
  return copy;
};

/** Resolved again at each parse from what the plan's author wrote, so unknown fields end there. */
const resolvedAgain = (path: Path): boolean => /^(input\.)?plan\.guardrails/.test(path.join('.'));

/** Keys are names of heads, not fields. */
const isMap = (path: Path): boolean => path.at(-1) === 'headRevisionSeen';

const cases = Object.entries(records).map(([name, [kept, record]]) => ({ name, kept, record }));

describe('stored records', () => {
  test('every stored schema of core stands in the table', () => {
    const declared = sourcesOf('core').flatMap(({ code }) =>
      [...code.matchAll(/^export const (stored[A-Z]\w*) = stored\(/gm)].flatMap(([, name]) => name ?? []),
    );
    expect(declared.length).toBeGreaterThan(10);
    expect(Object.keys(records).toSorted()).toEqual(declared.toSorted());
  });

  test.each(cases)('$name: what this version writes, it reads', ({ kept, record }) => {
    expect(kept.read(JSON.parse(JSON.stringify(kept.write(record, 'a record'))), 'a record')).toEqual(record);
  });

  test.each(cases)('$name: fields of a newer version survive reading, at every depth', ({ kept, record }) => {
    const newer = objectsIn(record).filter((path) => !isMap(path));
    for (const path of newer) {
      const stored = changed(record, path, (object) => Object.assign(object, { fieldOfTomorrow: { x: 1 } }));
      const read = kept.read(stored, 'a record');
      expect(read).toEqual(resolvedAgain(path) ? record : stored);
    }
  });

  test.each(cases)('$name: fields of a newer version survive an older writer', ({ kept, record }) => {
    const stored = kept.read({ ...record, fieldOfTomorrow: 1 }, 'a record');
    expect(kept.rewrite(stored, record, 'a record')).toEqual({ ...record, fieldOfTomorrow: 1 });
  });

  test.each(cases)('$name: nobody makes a record with a field that its version does not know', ({ kept, record }) => {
    expect(() => kept.write({ ...record, fieldOfTomorrow: 1 }, 'a record')).toThrow(/a record.*unknown key/s);
  });

  test.each(cases)('$name: a record without what it must have is an error that names it', ({ kept, record }) => {
    const errors = objectsIn(record).flatMap((path) =>
      Object.keys(valueAt(record, path) as object).flatMap((field) => {
        const older = changed(record, path, (object) => Reflect.deleteProperty(object, field));
        return attempt(() => kept.read(older, 'the stored thing')).error ?? [];
      }),
    );
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors)
      expect(error).toMatchObject({ code: 'internal', message: expect.stringMatching(/^the stored thing is not/) });
  });
});

const attempt = (read: () => unknown): { readonly value?: unknown; readonly error?: unknown } => {
  try {
    return { value: read() };
  } catch (error) {
    return { error };
  }
};

/** The optional fields of today, which records of yesterday lack. Whoever makes one required must move the records first. */
const optional: Readonly<Record<string, readonly string[]>> = {
  storedHead: ['candidate', 'fence', 'frozen', 'holdback', 'lastPromotion', 'stablePublishedAt'],
  storedHistoryEntry: ['drill', 'evidence', 'follows', 'from', 'promotionId'],
  storedPromotion: ['end', 'incumbent'],
  storedSession: ['result'],
  storedSessionResult: [
    'errorClass',
    'errorDetail',
    'interruptions',
    'startMs',
    'taskSucceeded',
    'transcript',
    'turnLatencyMs',
  ],
  storedHostLease: ['problem'],
  storedEvidence: ['suite'],
  storedQuarantine: ['overriddenAt', 'overriddenBy', 'overrideReason', 'promotionId'],
};

describe('records of the version before', () => {
  test.each(cases)('$name: are read without the fields that were added since', ({ name, kept, record }) => {
    const lacking = Object.keys(record).filter((field) => {
      const older = changed(record, [], (object) => Reflect.deleteProperty(object, field));
      return attempt(() => kept.read(older, 'a record')).error === undefined;
    });
    expect(lacking.toSorted()).toEqual(optional[name] ?? []);
  });
});

describe('stored', () => {
  test('opens every kind of schema that records are made of', () => {
    const inner = z.strictObject({ a: z.string() });
    const kept = stored(
      z.strictObject({
        list: z.array(inner),
        map: z.record(z.string(), inner),
        none: inner.nullable(),
        filled: inner.default({ a: 'x' }),
        one: z.discriminatedUnion('a', [z.strictObject({ a: z.literal('1') }), z.strictObject({ a: z.literal('2') })]),
        made: inner.superRefine(() => undefined).transform((value) => ({ ...value })),
      }),
    );
    const newer = { a: '1', b: 2 };
    const record = { list: [newer], map: { k: newer }, none: newer, filled: newer, one: newer, made: newer };
    expect(kept.read(record, 'a record')).toEqual(record);
  });

  test('checks beyond the shape hold for reading, too', () => {
    const kept = stored(z.strictObject({ a: z.int().positive() }).refine(({ a }) => a < 10, 'must be below 10'));
    expect(() => kept.read({ a: 10, b: 1 }, 'the item')).toThrow(/the item.*below 10/s);
  });
});
