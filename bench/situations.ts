import { availableParallelism } from 'node:os';
import { type Bench, type Row } from './harness.ts';
import { onWorkers } from './on-workers.ts';
import { everySituation } from './situations/every-situation.ts';
import { type SituationJob, SituationResult } from './situations/job.ts';

const runs = 300;
const runsPerJob = 10;
const firstSeed = 20_260_101;

/** Situations that a canary, a stable release or their callers may be in, each played through the product itself on virtual time. */
export const bench: Bench = {
  name: 'situations',
  async run({ progress, signal, only }) {
    const asked = everySituation.filter(({ name }) => only === undefined || name.includes(only));
    const jobs: SituationJob[] = asked.flatMap(({ name }) =>
      Array.from({ length: runs / runsPerJob }, (_, index) => ({
        name,
        seeds: Array.from({ length: runsPerJob }, (_, run) => firstSeed + index * runsPerJob + run),
      })),
    );
    let done = 0;
    const results = await onWorkers({
      module: new URL('./situations/worker.ts', import.meta.url),
      jobs,
      workers: availableParallelism(),
      signal,
      parse: (message) => SituationResult.parse(message),
      onResult: ({ name }) => {
        done += runsPerJob;
        progress(done, asked.length * runs, name);
      },
    });
    return asked.flatMap((situation): readonly Row[] => {
      const outcomes = results.filter(({ name }) => name === situation.name).flatMap(({ outcomes }) => outcomes);
      return situation.rows(outcomes).map((row) => ({ ...row, metric: `${situation.name}: ${row.metric}` }));
    });
  },
};
