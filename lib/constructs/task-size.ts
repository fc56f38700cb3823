import { LastgoodError } from '#core/errors.ts';

export interface TaskSize {
  /** CPU units: 1024 are one vCPU. */
  readonly cpu: number;
  readonly memoryLimitMiB: number;
}

/**
 * Fargate sizes with the most memory per CPU, smallest first.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
 */
const sizes: readonly TaskSize[] = [
  { cpu: 1024, memoryLimitMiB: 8 * 1024 },
  { cpu: 2048, memoryLimitMiB: 16 * 1024 },
  { cpu: 4096, memoryLimitMiB: 30 * 1024 },
  { cpu: 8192, memoryLimitMiB: 60 * 1024 },
  { cpu: 16384, memoryLimitMiB: 120 * 1024 },
];

/** The supervisor itself, its page cache and the release's parts. */
const hostMiB = 512;
/** Resident memory of an agent process in the middle of a call, with room to spare. */
const processMiB = 192;
/** Share of a CPU that a live call keeps busy: audio frames, voice activity detection, JSON. */
const processCpu = 40;

/**
 * The smallest Fargate task that carries `maxProcesses` calls at once.
 * @throws LastgoodError `invalid-input` when no task is large enough
 */
export const hostTaskSize = (maxProcesses: number): TaskSize => {
  const size = sizes.find(
    ({ cpu, memoryLimitMiB }) =>
      memoryLimitMiB >= hostMiB + maxProcesses * processMiB && cpu >= maxProcesses * processCpu,
  );
  if (size) return size;
  const largest = Math.floor(16384 / processCpu);
  throw new LastgoodError(
    'invalid-input',
    `pool.maxProcesses ${maxProcesses} does not fit into one task; at most ${largest}. Lower it and raise pool.hosts.`,
  );
};
