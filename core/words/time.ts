import { z } from 'zod';

/** ISO 8601 in UTC with milliseconds, so that it sorts as text. */
export const Timestamp = z.iso.datetime({ precision: 3 });
export type Timestamp = z.infer<typeof Timestamp>;
