import { z } from 'zod';

/**
 * One log line of the data plane (X2): JSON, one per line. Every line carries every field of the call it belongs to;
 * a line that belongs to no call (a poll, a lease) says so with null instead of leaving the field out.
 * Prompts, transcripts and phone numbers stand only under `redactable`, so one filter removes them.
 */
export const LogLine = z
  .object({
    level: z.enum(['debug', 'info', 'warn', 'error']),
    timestamp: z.iso.datetime({ precision: 3 }),
    component: z.string().min(1),
    event: z.string().min(1),
    trace_id: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .nullable(),
    org: z.string().min(1),
    customer_id: z.string().nullable(),
    session_id: z.string().nullable(),
    /** Release id of the agent. */
    agent_version: z.string().nullable(),
    overlay_version: z.int().nonnegative().nullable(),
    latency_ms: z.number().nonnegative().nullable(),
    redactable: z.record(z.string(), z.unknown()).optional(),
  })
  .catchall(z.unknown());
export type LogLine = z.infer<typeof LogLine>;
