import { z } from 'zod';

/** ISO 8601 in UTC with milliseconds, so that it sorts as text. */
export const Timestamp = z.iso.datetime({ precision: 3 });
export type Timestamp = z.infer<typeof Timestamp>;

/** W, the longest horizon of a comparison, in seconds. A plan allows four hours at most. */
export const OutcomeWindowSeconds = z.number().gt(0).max(14_400);
