import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createHistogram } from 'node:perf_hooks';
import type { Table } from '#aws/dynamodb.ts';
import { headStore } from '#aws/head-store.ts';
import { history } from '#aws/history.ts';
import { releaseRegistry } from '#aws/release-registry.ts';
import { ServiceName, SetName } from '#core/words/names.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { transition } from '#core/version-set/transition.ts';
import { registrationOf } from '#test/contracts/registration.ts';
import { abort, context, headAfter, initialize, startCanary } from '#test/core/version-set/build.ts';
import { createHeadTable } from './head-table.ts';
import { type Bench, type BenchContext, type Row, reportedRow, targetRow } from './harness.ts';

const writers = 16;
const transitionsAlone = 2_000;
const transitionsPerWriter = 100;
const decisions = 200_000;

const service = ServiceName.parse('bench');
const publishedAt = '2027-01-01T00:00:00.000Z';

/** Conditional transitions per second through the store, alone and against 15 other writers, and what got lost. */
export const bench: Bench = {
  name: 'head',
  run: async (context) => {
    const database = await startDatabase();
    const cloud = await createHeadTable();
    try {
      const releases = await registerReleases(cloud.table);
      const alone = await measure(context, cloud.table, releases.slice(0, 2), 1, transitionsAlone);
      const racing = await measure(context, cloud.table, releases, writers, transitionsPerWriter);
      return [
        reportedRow('transitions decided, in memory', '1/s', decisionsPerSecond()),
        ...rowsOf('1 writer', alone),
        ...rowsOf(`${writers} writers on one head`, racing),
      ];
    } finally {
      await cloud.stop();
      database.stop();
    }
  },
};

/** The endpoint that is set already, or dynalite. */
const startDatabase = async (): Promise<{ stop(): void }> => {
  if (process.env['AWS_ENDPOINT_URL'] !== undefined) return { stop: () => {} };
  const child = fork(new URL('dynalite-process.ts', import.meta.url));
  const [port] = (await once(child, 'message')) as [number];
  process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${port}`;
  return {
    stop: () => {
      delete process.env['AWS_ENDPOINT_URL'];
      child.disconnect();
    },
  };
};

/** Two for each writer, so that a writer can always move the head to a release that nobody else writes. */
const registerReleases = (table: Table): Promise<readonly ReleaseId[]> => {
  const registry = releaseRegistry(table);
  return Promise.all(
    Array.from({ length: 2 * writers }, async (_, n) => {
      const { release } = await registry.register(registrationOf(service, `1.${n}`, publishedAt));
      return release.releaseId;
    }),
  );
};

interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly lost: number;
  readonly doubled: number;
}

const measure = async (
  { progress, signal }: BenchContext,
  table: Table,
  releases: readonly ReleaseId[],
  writerCount: number,
  each: number,
): Promise<Measured> => {
  const heads = headStore(table);
  const set = SetName.parse(`bench-${writerCount}`);
  const total = writerCount * each;
  const latency = createHistogram();
  let moved = 0;
  const startedAt = performance.now();
  const write = async (writer: number): Promise<void> => {
    for (let n = 0; n < each; n += 1) {
      signal.throwIfAborted();
      const release = releases[2 * writer + (n % 2)] as ReleaseId;
      const sentAt = performance.now();
      const command = { kind: 'publish', release, publishedAt, reason: `${writer}.${n}` } as const;
      const result = await heads.apply(service, set, command, { by: `writer ${writer}` });
      latency.record(Math.max(1, Math.round((performance.now() - sentAt) * 1_000)));
      if (result.kind === 'moved') moved += 1;
      if (n % 20 === 0) progress(moved, total, `${writerCount} writers`);
    }
  };
  await Promise.all(Array.from({ length: writerCount }, (_, writer) => write(writer)));
  const seconds = (performance.now() - startedAt) / 1_000;
  const entries = await history(table).list(service, set, total + 1);
  const distinct = new Set(entries.map(({ reason }) => reason)).size;
  return {
    perSecond: moved / seconds,
    p50Ms: latency.percentile(50) / 1_000,
    p99Ms: latency.percentile(99) / 1_000,
    lost: total - distinct,
    doubled: entries.length - distinct,
  };
};

const rowsOf = (who: string, { perSecond, p50Ms, p99Ms, lost, doubled }: Measured): readonly Row[] => [
  reportedRow(`${who}: transitions`, '1/s', perSecond),
  reportedRow(`${who}: time of one, p50`, 'ms', p50Ms),
  reportedRow(`${who}: time of one, p99`, 'ms', p99Ms),
  targetRow(`${who}: transitions lost`, 'transitions', lost, '<=', 0),
  targetRow(`${who}: transitions doubled`, 'transitions', doubled, '<=', 0),
];

const decisionsPerSecond = (): number => {
  const settled = headAfter(initialize());
  const start = startCanary();
  const startedAt = performance.now();
  for (let n = 0; n < decisions; n += 2) {
    const canary = transition(settled, start, context());
    if (canary.kind !== 'moved' || transition(canary.head, abort(), context()).kind !== 'moved') return Number.NaN;
  }
  return decisions / ((performance.now() - startedAt) / 1_000);
};
