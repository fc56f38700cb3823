import { z } from 'zod';
import { type Clock, underLimit } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';
import type { TaskProtection } from './protect-while-busy.ts';

const requestLimitMs = 3_000;

const Metadata = z.object({
  TaskARN: z.string(),
  Containers: z
    .array(z.object({ Networks: z.array(z.object({ IPv4Addresses: z.array(z.string()).min(1) })).min(1) }))
    .min(1),
});

export interface OwnTask {
  /** Last part of the task's ARN: unique in the cluster. */
  readonly id: string;
  readonly address: string;
}

/**
 * What ECS says about this task (task metadata endpoint version 4).
 * @throws LastgoodError `environment` when the endpoint is not there or answers something else
 */
export const readOwnTask = async (clock: Clock, metadataUri: string | undefined): Promise<OwnTask> => {
  if (metadataUri === undefined)
    throw new LastgoodError('environment', 'ECS_CONTAINER_METADATA_URI_V4 is not set; run this as an ECS task');

  const read = async (signal: AbortSignal): Promise<unknown> => (await fetch(`${metadataUri}/task`, { signal })).json();
  const metadata = await underLimit(clock, requestLimitMs, read, () => late('task metadata'));
  const task = parseOrThrow(Metadata, metadata, 'task metadata of ECS', 'environment');
  const address = task.Containers[0]?.Networks[0]?.IPv4Addresses[0];
  if (address === undefined) throw new LastgoodError('environment', 'the task has no IPv4 address');
  return { id: task.TaskARN.slice(task.TaskARN.lastIndexOf('/') + 1), address };
};

/** Task scale-in protection through the ECS agent of the own task. Without an agent there is nothing to be protected from. */
export const ecsTaskProtection = (clock: Clock, agentUri: string | undefined): TaskProtection => ({
  set: async (enabled, minutes) => {
    if (agentUri === undefined) return;
    const request = {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ProtectionEnabled: enabled, ...(enabled && { ExpiresInMinutes: minutes }) }),
    };
    const put = (signal: AbortSignal) => fetch(`${agentUri}/task-protection/v1/state`, { ...request, signal });
    const response = await underLimit(clock, requestLimitMs, put, () => late('task protection'));
    if (!response.ok) {
      throw new LastgoodError('aws-failed', `ECS answered ${response.status} to task protection ${enabled}`, {
        retryable: true,
      });
    }
  },
});

const late = (what: string): LastgoodError =>
  new LastgoodError('timeout', `ECS did not answer to ${what} within ${requestLimitMs} ms`, { retryable: true });
