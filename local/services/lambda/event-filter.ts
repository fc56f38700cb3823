import { z } from 'zod';

const Rule = z.union([z.string(), z.strictObject({ prefix: z.string() })], {
  error: 'the embedded cloud filters by whole texts and prefixes only',
});
type Rules = readonly z.infer<typeof Rule>[];
type Pattern = { readonly [Field: string]: Pattern | Rules };

/**
 * The part of filter patterns that is known here: fields within fields, each with the texts or prefixes that it may have.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
const Pattern: z.ZodType<Pattern> = z.lazy(() =>
  z.record(z.string(), z.union([z.array(Rule).min(1), z.lazy(() => Pattern)])),
);

/** Filters as a template has them: patterns as JSON, of which a record must match one. */
export const EventFilters = z.strictObject({
  Filters: z
    .array(
      z.strictObject({
        Pattern: z
          .string()
          .transform((text): unknown => JSON.parse(text))
          .pipe(Pattern),
      }),
    )
    .min(1),
});
export type EventFilters = z.infer<typeof EventFilters>;

export const passes = (filters: EventFilters | undefined, record: unknown): boolean =>
  filters === undefined || filters.Filters.some(({ Pattern: pattern }) => matches(pattern, record));

const matches = (pattern: Pattern, value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(pattern).every(([field, wanted]) => {
    const found: unknown = Reflect.get(value, field);
    return isRules(wanted) ? wanted.some((rule) => isAllowed(rule, found)) : matches(wanted, found);
  });

const isRules = (wanted: Pattern | Rules): wanted is Rules => Array.isArray(wanted);

const isAllowed = (rule: z.infer<typeof Rule>, value: unknown): boolean =>
  typeof rule === 'string' ? rule === value : typeof value === 'string' && value.startsWith(rule.prefix);
