import { z } from 'zod';
import { parseOrThrow } from './parse.ts';

/**
 * How records of one schema are kept: written strict and read tolerant, because an older and a newer version of Lastgood
 * share the tables during every deploy. A new field is safe when older readers may ignore it. A new value of a known
 * field is not: deploy its readers first.
 */
export interface Stored<T> {
  /**
   * A record that this version makes: every field known and well-formed.
   * @throws LastgoodError `invalid-input`
   */
  readonly write: (record: T, what: string) => T;
  /**
   * A record as it is stored. Fields that this version does not know stay in it, so that nobody who writes it back loses them.
   * @throws LastgoodError `internal` naming `what`
   */
  readonly read: (item: unknown, what: string) => T;
  /** As `read`, where something else may stand as well. @returns undefined for what is no such record */
  readonly recognize: (item: unknown) => T | undefined;
  /**
   * `after` in the place of `before`: well-formed, and with the fields of `before` that this version does not know.
   * @throws LastgoodError `invalid-input`
   */
  readonly rewrite: (before: T, after: T, what: string) => T;
}

export const stored = <T>(schema: z.ZodType<T>): Stored<T> => {
  const loose = tolerant(schema);
  const known = fieldsOf(schema);
  return {
    write: (record, what) => parseOrThrow(schema, record, what),
    read: (item, what) => parseOrThrow(loose, item, what, 'internal'),
    recognize: (item) => loose.safeParse(item).data,
    rewrite: (before, after, what) => {
      const unknown = Object.entries(Object(before)).filter(([name]) => !known.has(name));
      return parseOrThrow(loose, { ...Object.fromEntries(unknown), ...after }, what);
    },
  };
};

/** The same schema with every object in it open: what it does not name passes through as it is. */
const tolerant = <S extends z.core.$ZodType>(schema: S): S => opened(schema) as S;

const opened = (schema: z.core.$ZodType): z.core.$ZodType => {
  if (schema instanceof z.ZodObject) {
    const shape = Object.entries<z.core.$ZodType>(schema.def.shape).map(([name, field]) => [name, tolerant(field)]);
    return schema.clone({ ...schema.def, shape: Object.fromEntries(shape), catchall: z.unknown() });
  }
  if (isWrapper(schema)) return schema.clone({ ...schema.def, innerType: tolerant(schema.def.innerType) });
  if (schema instanceof z.ZodArray) return schema.clone({ ...schema.def, element: tolerant(schema.def.element) });
  if (schema instanceof z.ZodRecord)
    return schema.clone({ ...schema.def, valueType: tolerant(schema.def.valueType), mode: 'loose' });
  if (schema instanceof z.ZodUnion) return schema.clone({ ...schema.def, options: schema.def.options.map(tolerant) });
  if (schema instanceof z.ZodPipe) return schema.clone({ ...schema.def, in: tolerant(schema.def.in) });
  return schema;
};

/** Wrappers differ in what they do with their one inner schema, and not in how they hold it. */
const isWrapper = (schema: z.core.$ZodType): schema is z.ZodOptional =>
  schema instanceof z.ZodOptional ||
  schema instanceof z.ZodExactOptional ||
  schema instanceof z.ZodNullable ||
  schema instanceof z.ZodDefault ||
  schema instanceof z.ZodPrefault ||
  schema instanceof z.ZodReadonly;

/** Names of the fields of an object schema, whatever it is wrapped in. */
const fieldsOf = (schema: z.core.$ZodType): ReadonlySet<string> => {
  if (schema instanceof z.ZodObject) return new Set(Object.keys(schema.def.shape));
  return isWrapper(schema) ? fieldsOf(schema.def.innerType) : new Set();
};
