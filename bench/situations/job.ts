import { z } from 'zod';

/** Some runs of a situation. */
export const SituationJob = z.object({ name: z.string(), seeds: z.array(z.int()) });
export type SituationJob = z.infer<typeof SituationJob>;

/** One outcome per seed. */
export const SituationResult = z.object({ name: z.string(), outcomes: z.array(z.unknown()), seconds: z.number() });
export type SituationResult = z.infer<typeof SituationResult>;
