import type { z } from 'zod';
import { type ErrorCode, LastgoodError } from './errors.ts';

const pathOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  );

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

/**
 * Parses `input` once at a boundary.
 * @param what names the source for the reader, for instance `agent.yaml` or `orgs/acme.yaml`
 * @param lineOf the line of a field in the source text, where there is one
 * @throws LastgoodError `invalid-input` (or `code`): every problem on its own line, with field, value and what is allowed
 */
export const parseOrThrow = <Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  what: string,
  code: ErrorCode = 'invalid-input',
  lineOf: (path: readonly PropertyKey[]) => number | undefined = () => undefined,
): z.output<Schema> => {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => {
    const line = lineOf(issue.path);
    const field = `${line === undefined ? '' : `line ${line}: `}${pathOf(issue.path) || 'top level'}`;
    const unknownKeys = issue.code === 'unrecognized_keys' ? issue.keys : undefined;
    if (unknownKeys) return `${field}: unknown key ${unknownKeys.join(', ')}; remove it or correct its name`;
    if (issue.code === 'custom' && issue.params?.['secret'] === true) return `${field}: ${issue.message}`;
    return `${field}: ${issue.message} (got ${shown(valueAt(input, issue.path))})`;
  });
  throw new LastgoodError(code, `${what} is not valid:\n  ${lines.join('\n  ')}`, { details: { problems: lines } });
};
