import { z } from 'zod';

/**
 * Why a call was lost before any release had it. `busy`: every process of its pool was taken, or the queue was full, to the end of
 * its wait. `no-host`: its pool had no host. `host-refused`: the hosts were there and did not start it. `unknown-hosts`: they could
 * not be listed. `gone`: the caller hung up while waiting.
 */
export const LossReason = z.enum(['busy', 'no-host', 'host-refused', 'unknown-hosts', 'gone']);
export type LossReason = z.infer<typeof LossReason>;
