import { canonicalJson } from './canonical.ts';

/** One value of a document that differs, by its dotted path: `params.rules.greet[0].say`. */
export interface FieldChange {
  readonly kind: 'field';
  readonly path: string;
  /** Missing when the field is new. */
  readonly from?: unknown;
  /** Missing when the field is gone. */
  readonly to?: unknown;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const child = (path: string, key: string): string =>
  /^[A-Za-z_][\w-]*$/.test(key) ? (path === '' ? key : `${path}.${key}`) : `${path}[${JSON.stringify(key)}]`;

/** The leaves in which two JSON documents differ, in the order of their paths' keys. */
export const fieldChanges = (from: unknown, to: unknown, path = ''): readonly FieldChange[] => {
  if (isRecord(from) && isRecord(to)) {
    return [...new Set([...Object.keys(from), ...Object.keys(to)])]
      .sort()
      .flatMap((key) => fieldChanges(own(from, key), own(to, key), child(path, key)));
  }
  if (Array.isArray(from) && Array.isArray(to)) {
    return Array.from({ length: Math.max(from.length, to.length) }).flatMap((_, index) =>
      fieldChanges(from[index], to[index], `${path}[${index}]`),
    );
  }
  if (from === undefined && to === undefined) return [];
  if (from !== undefined && to !== undefined && canonicalJson(from) === canonicalJson(to)) return [];
  return [{ kind: 'field', path, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }];
};

const own = (record: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(record, key) ? record[key] : undefined;
