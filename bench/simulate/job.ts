import { z } from 'zod';

/** Episodes to play, by their seeds. */
export const SimulateJob = z.object({ seeds: z.array(z.int()) });
export type SimulateJob = z.infer<typeof SimulateJob>;

/** What they came to, together. */
export const SimulateResult = z.object({
  episodes: z.int(),
  calls: z.int(),
  promotions: z.int(),
  outcomes: z.record(z.string(), z.int()),
  struck: z.record(z.string(), z.int()),
  /** Of each episode, in the order of the seeds. */
  digests: z.array(z.string()),
  /** Stories of the violations. */
  violations: z.array(z.string()),
});
export type SimulateResult = z.infer<typeof SimulateResult>;
