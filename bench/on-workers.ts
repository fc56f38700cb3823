import { Worker } from 'node:worker_threads';
import { LastgoodError } from '#core/errors.ts';

export interface WorkerJobs<Job, Result> {
  /** A module that answers each message, a job, with one message, its result. */
  readonly module: URL;
  readonly jobs: readonly Job[];
  readonly workers: number;
  readonly signal: AbortSignal;
  /** What came back is what the module of this repository sent. */
  readonly parse: (message: unknown) => Result;
  readonly onResult?: (result: Result, index: number) => void;
}

/** Spreads jobs over workers, one job at a time each. @returns the results in the order of the jobs */
export const onWorkers = async <Job, Result>(work: WorkerJobs<Job, Result>): Promise<readonly Result[]> => {
  const results = new Map<number, Result>();
  const waiting = work.jobs.entries();
  const stop = new AbortController();
  const signal = AbortSignal.any([work.signal, stop.signal]);
  try {
    await Promise.all(Array.from({ length: work.workers }, () => carryOut({ ...work, signal }, waiting, results)));
  } finally {
    stop.abort();
  }
  return work.jobs.map((_job, index) => {
    const result = results.get(index);
    if (result !== undefined) return result;
    throw new LastgoodError('internal', `job ${index} has no result`);
  });
};

const carryOut = async <Job, Result>(
  { module, signal, parse, onResult }: WorkerJobs<Job, Result>,
  waiting: Iterator<readonly [number, Job]>,
  results: Map<number, Result>,
): Promise<void> => {
  const worker = new Worker(module);
  const failed = new Promise<never>((_resolve, reject) => {
    worker.once('error', reject);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  failed.catch(() => undefined);
  try {
    for (let next = waiting.next(); !next.done && !signal.aborted; next = waiting.next()) {
      const [index, job] = next.value;
      const answered = new Promise<unknown>((resolve) => void worker.once('message', resolve));
      worker.postMessage(job, []);
      const result = parse(await Promise.race([answered, failed]));
      results.set(index, result);
      onResult?.(result, index);
    }
    signal.throwIfAborted();
  } finally {
    await worker.terminate();
  }
};
