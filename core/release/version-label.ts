import { z } from 'zod';

/** `latest` as a whole value or as the tail of a tag, model or file name: it names another thing tomorrow (R2). */
export const namesLatest = (text: string): boolean => /(^|[-_.:@/])latest$/i.test(text.trim());

/** What people call a release, `1.4.2`; unique per service and never moved to another release (R4). */
export const VersionLabel = z
  .string('a version label is text; quote it in YAML, for instance version: "1.0"')
  .regex(
    /^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/,
    'a version label has 1-64 letters, digits, dots, hyphens or underscores and starts with a letter or digit',
  )
  .brand<'VersionLabel'>();
export type VersionLabel = z.infer<typeof VersionLabel>;

/**
 * Paths of every value inside `value` that says "latest".
 * @param value JSON data, already bounded by its schema
 */
export const latestPaths = (value: unknown, path: readonly PropertyKey[] = []): PropertyKey[][] => {
  if (typeof value === 'string') return namesLatest(value) ? [[...path]] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => latestPaths(item, [...path, index]));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, item]) => latestPaths(item, [...path, key]));

  return [];
};

/** A zod check for whole documents: no field may say "latest" (R2); each offending field is named. */
export const refuseLatest = (value: unknown, context: z.RefinementCtx): void => {
  for (const path of latestPaths(value)) {
    context.addIssue({
      code: 'custom',
      path,
      message: 'a release names exact things; replace "latest" by a version, snapshot or digest (R2)',
    });
  }
};
