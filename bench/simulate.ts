import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { type Bench, reportedRow, targetRow } from './harness.ts';
import { onWorkers } from './on-workers.ts';
import { faultKinds } from './simulate/fault.ts';
import { type SimulateJob, SimulateResult } from './simulate/job.ts';
import { noEpisodes, sumOf } from './simulate/play-episodes.ts';

/** So many episodes come to a million calls and two thousand promotions. */
const episodes = 260;
const episodesPerJob = 5;
const firstSeed = 20_260_101;

/** A year of bad luck of small orgs, on virtual time: every step held to the invariants. With `--only episode`, the one of the seed. */
export const bench: Bench = {
  name: 'simulate',
  async run({ progress, signal, seed = firstSeed, only }) {
    const wanted = only === 'episode' ? 1 : episodes;
    const jobs: SimulateJob[] = Array.from({ length: Math.ceil(wanted / episodesPerJob) }, (_, job) => ({
      seeds: Array.from(
        { length: Math.min(episodesPerJob, wanted - job * episodesPerJob) },
        (_, episode) => seed + job * episodesPerJob + episode,
      ),
    }));
    let done = 0;
    const startedAt = performance.now();
    const results = await onWorkers({
      module: new URL('./simulate/worker.ts', import.meta.url),
      jobs,
      workers: availableParallelism(),
      signal,
      parse: (message) => SimulateResult.parse(message),
      onResult: ({ episodes: played, violations }) => {
        done += played;
        for (const story of violations) process.stderr.write(`\n${story}\n`);
        progress(done, wanted, 'episodes');
      },
    });
    const sum = results.reduce(sumOf, noEpisodes);
    const digest = createHash('sha256').update(sum.digests.join('\n')).digest('hex');
    process.stderr.write(`\nseed ${seed}, digest ${digest}\n`);
    const isWhole = wanted === episodes;
    const atLeast = (metric: string, value: number, least: number) =>
      isWhole ? targetRow(metric, 'times', value, '>=', least) : reportedRow(metric, 'times', value);
    return [
      targetRow('violations of invariants', 'times', sum.violations.length, '<=', 0),
      atLeast('calls', sum.calls, 1_000_000),
      atLeast('promotions', sum.promotions, 2_000),
      isWhole
        ? targetRow('time', 's', (performance.now() - startedAt) / 1_000, '<=', 120)
        : reportedRow('time', 's', (performance.now() - startedAt) / 1_000),
      ...Object.entries(sum.outcomes).map(([outcome, count]) => reportedRow(`promotions ${outcome}`, 'times', count)),
      ...faultKinds.map((kind) => atLeast(`fault: ${kind}`, sum.struck[kind] ?? 0, 100)),
    ];
  },
};
