import { z } from 'zod';

const Percentiles = z.strictObject({ p50: z.number(), p95: z.number(), p99: z.number() });

/** What `npm start -- --exit --json FILE` writes: what happened, as measured while it happened. */
export const TourReport = z.strictObject({
  orgs: z.array(z.string()),
  releases: z.array(
    z.strictObject({
      version: z.string(),
      id: z.string(),
      outcome: z.enum(['promoted', 'aborted']),
      /** Calls that met it as the candidate. */
      candidateCalls: z.int().nonnegative(),
      reason: z.string(),
    }),
  ),
  calls: z.strictObject({
    placed: z.int().nonnegative(),
    /** Ended as their script meant them to: done, handed to a person, or hung up by the caller. */
    completed: z.int().nonnegative(),
    /** Ended by a fault of the agent. */
    failed: z.int().nonnegative(),
    /** Cut: the socket closed in the middle of the conversation. */
    dropped: z.int().nonnegative(),
  }),
  /** From the write that aborted the bad candidate to the last session that started on it (negative: none after it). */
  flip: z.strictObject({
    decidedAt: z.string().nullable(),
    lastCandidateSessionAt: z.string().nullable(),
    ms: z.number().nullable(),
  }),
  /** Upgrade request → first audio frame. */
  sessionStartMs: Percentiles,
  /** Transitions of the orgs where nothing was promoted; anything but 0 is a defect. */
  untouchedOrgRevisionChanges: z.int(),
  /** Processes of the tour that were still alive after it had closed everything. */
  leftoverProcesses: z.int().nonnegative(),
  wallSeconds: z.number().nonnegative(),
});
export type TourReport = z.infer<typeof TourReport>;
