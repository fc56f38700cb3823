import { z } from 'zod';
import { defaultIs, docComments, type Documented } from './doc-comments.ts';

/** A module that defines schemas. */
export interface Source {
  readonly text: string;
  readonly exports: readonly (readonly [name: string, value: unknown])[];
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** What doc comments say about schemas. */
export interface Descriptions {
  readonly of: (schema: z.core.$ZodType) => string | undefined;
  readonly ofField: (object: z.ZodObject, key: string) => string | undefined;
}

/**
 * Reads the doc comments of schemas and their fields. They are found again by the schema object itself, so it does not
 * matter in which file a schema is used, or into which other one its fields are spread.
 */
export const readDescriptions = (sources: readonly Source[]): Descriptions => {
  const schemas = new Map<z.core.$ZodType, string>();
  const fieldsOf = new Map<z.ZodObject, Map<string, string>>();
  const spread = new Map<z.core.$ZodType, Map<string, string>>();
  const note = (schema: z.core.$ZodType, { fields }: Documented): void => {
    for (const object of objectsIn(schema)) {
      for (const [key, field] of Object.entries<z.core.$ZodType>(object.shape)) {
        const documented = fields.get(key);
        if (!documented) continue;
        if (documented.text !== undefined) {
          put(fieldsOf, object, key, documented.text);
          put(spread, field, key, documented.text);
        }
        note(field, documented);
      }
    }
  };
  for (const { text, exports } of sources) {
    const comments = docComments(text);
    for (const [name, value] of exports) {
      const documented = comments.get(name);
      if (!(value instanceof z.ZodType) || !documented) continue;
      if (documented.text !== undefined) schemas.set(value, documented.text);
      note(value, documented);
    }
  }
  return {
    of: (schema) => schemas.get(schema),
    ofField: (object, key) => {
      const field: z.core.$ZodType | undefined = object.shape[key];
      return fieldsOf.get(object)?.get(key) ?? (field && spread.get(field)?.get(key));
    },
  };
};

const put = <T>(all: Map<T, Map<string, string>>, owner: T, key: string, text: string): void => {
  const texts = all.get(owner) ?? new Map<string, string>();
  all.set(owner, texts.set(key, text));
};

/** Writes the descriptions of an object's fields into its finished JSON Schema. */
export const describeFields = (object: z.ZodObject, { properties = {} }: JsonSchema, from: Descriptions): void => {
  for (const [key, property] of Object.entries(properties)) {
    const text = from.ofField(object, key);
    if (text === undefined || typeof property !== 'object') continue;
    // A copy: other fields may share the schema and say something else about it.
    const description = text.startsWith(defaultIs) ? [property.description, text].join(' ').trim() : text;
    properties[key] = { ...property, description };
  }
};

/** The objects that a schema is made of, without going into their fields. */
const objectsIn = (schema: z.core.$ZodType): readonly z.ZodObject[] => {
  if (schema instanceof z.ZodObject) return [schema];
  if (
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  )
    return objectsIn(schema.unwrap());
  if (schema instanceof z.ZodPipe) return [...objectsIn(schema.in), ...objectsIn(schema.out)];
  if (schema instanceof z.ZodArray) return objectsIn(schema.element);
  if (schema instanceof z.ZodRecord) return objectsIn(schema.valueType);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(objectsIn);
  return [];
};
