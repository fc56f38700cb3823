import { Ajv2020 } from 'ajv/dist/2020.js';
import { LastgoodError } from '../errors.ts';

const formats = {
  /** A day that exists: February 30th does not. */
  date: (text: string) =>
    /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(text) &&
    new Date(`${text}T00:00:00Z`).toISOString().startsWith(text),
  time: /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/,
  'date-time': /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/,
  email: /^[^\s@]+@[^\s@]+$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
} as const;

/**
 * Compiles the parameter schema of a tool, JSON Schema 2020-12 in strict mode: a keyword, type or format that nobody
 * knows is an error, since a check that is skipped in silence is no check.
 * @param what names the schema for the reader: `tools/find_slots.ts: parameters`
 * @returns a check that gives the problems of a value: names of fields and rules, never values
 * @throws LastgoodError `invalid-input`
 */
export const compileParameters = (
  schema: Readonly<Record<string, unknown>>,
  what: string,
): ((input: unknown) => readonly string[]) => {
  const ajv = new Ajv2020({ strict: true, strictRequired: true, allErrors: true, logger: false, formats });
  try {
    const validate = ajv.compile(schema);
    return (input) =>
      validate(input)
        ? []
        : (validate.errors ?? []).map((error) =>
            `${error.instancePath.slice(1) || 'input'} ${error.message ?? ''}`.trim(),
          );
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new LastgoodError('invalid-input', `${what} is not a valid JSON Schema: ${message}`, { cause });
  }
};
