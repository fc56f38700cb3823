import { Command } from 'commander';
import { systemClock } from '#core/clock.ts';
import { decisionKey } from '#core/promotion/promotion-store.ts';
import { type DeploymentMetrics, deploymentMetrics, type Spread } from '#core/version-set/deployment-metrics.ts';
import type { HistoryEntry } from '#core/version-set/head.ts';
import type { PromotionId } from '#core/words/ids.ts';
import type { Timestamp } from '#core/words/time.ts';
import { type SetContext, type SetOptions, setOptions, withSet } from './org/with-set.ts';
import { type NameRelease, versionNames } from './org/version-names.ts';
import { wholeNumber } from './options/number.ts';
import { plainTable } from './terminal/table.ts';

interface MetricsOptions extends SetOptions {
  readonly days: number;
}

/** `lastgood metrics <service>` (S16) */
export const metricsCommand = (): Command =>
  setOptions(new Command('metrics'))
    .description('show how deployments go: frequency, success, rollbacks, times, versions and their share of callers')
    .option('--days <n>', 'length of the window that ends now', wholeNumber(1, 3_650), 30)
    .addHelpText('after', '\nExample:\n  lastgood metrics appointments --org acme-cardio-useast --days 90')
    .action((service: string, options: MetricsOptions) =>
      withSet(service, options, async (context) => {
        const nowMs = systemClock.now();
        const metrics = await measure(context, new Date(nowMs - options.days * 86_400_000), new Date(nowMs));
        const text = options.json
          ? JSON.stringify(metrics)
          : metricsTable(metrics, await versionNames(context.access, context.service));
        process.stdout.write(`${text}\n`);
      }),
    );

const measure = async ({ access, service, set }: SetContext, from: Date, to: Date): Promise<DeploymentMetrics> => {
  const entries = (await access.history.list(service, set, 100_000)).toReversed();
  const recent = entries.filter(({ at }) => at >= from.toISOString());
  const promotions = [...new Set(recent.flatMap(({ promotionId }) => promotionId ?? []))];
  return deploymentMetrics({
    entries,
    askedAt: await askedAt(access, promotions),
    decidedAt: await decidedAt(access, promotions, recent),
    from: from.toISOString(),
    to: to.toISOString(),
  });
};

const askedAt = async (
  { promotions }: SetContext['access'],
  ids: readonly PromotionId[],
): Promise<ReadonlyMap<PromotionId, Timestamp>> => {
  const records = await Promise.all(ids.map((id) => promotions.get(id)));
  return new Map(records.flatMap((record) => (record ? [[record.input.promotionId, record.startedAt]] : [])));
};

/** Only the decisions that a transition names are read. */
const decidedAt = async (
  { promotions }: SetContext['access'],
  ids: readonly PromotionId[],
  entries: readonly HistoryEntry[],
): Promise<ReadonlyMap<string, Timestamp>> => {
  const cited = new Set(entries.flatMap(({ evidence }) => evidence ?? []));
  const times = await Promise.all(
    ids.map(async (id) =>
      (await promotions.decisions(id)).map(({ number, at }) => [decisionKey(id, number), at] as const),
    ),
  );
  return new Map(times.flat().filter(([key]) => cited.has(key)));
};

const percent = (rate: number | null): string => (rate === null ? '' : `${(100 * rate).toFixed(1)} %`);

const duration = (spread: Spread | null): string =>
  spread === null ? '' : `${spread.medianSeconds.toFixed(1)} s, at most ${spread.maxSeconds.toFixed(1)} s`;

const meets = (value: number | null | undefined, holds: (value: number) => boolean): string =>
  value === null || value === undefined ? 'nothing to measure' : holds(value) ? 'yes' : 'NO';

const metricsTable = (metrics: DeploymentMetrics, nameOf: NameRelease): string => {
  const { successRate, rollbackRate, deploymentTime, rollbackTime, activeVersions, stableAgeSeconds } = metrics;
  const table = plainTable(['metric', 'value', 'target', 'holds']);
  table.push(
    ['promoted / aborted / rolled back', `${metrics.promoted} / ${metrics.aborted} / ${metrics.rolledBack}`, '', ''],
    ['promoted per week', metrics.promotedPerWeek.toFixed(2), '', ''],
    ['success rate', percent(successRate), '> 95 %', meets(successRate, (rate) => rate > 0.95)],
    ['rollback rate', percent(rollbackRate), '< 5 %', meets(rollbackRate, (rate) => rate < 0.05)],
    [
      'time to deploy, without bake',
      duration(deploymentTime),
      '< 600 s',
      meets(deploymentTime?.maxSeconds, (s) => s < 600),
    ],
    ['time from decision to flip', duration(rollbackTime), '< 120 s', meets(rollbackTime?.maxSeconds, (s) => s < 120)],
    ['active versions', activeVersions, '1 to 2', meets(activeVersions, (count) => count === 1 || count === 2)],
    ['age of stable', stableAgeSeconds === null ? '' : `${(stableAgeSeconds / 86_400).toFixed(1)} days`, '', ''],
    ...metrics.trafficShare.map(({ release, share }) => [`share of ${nameOf(release)}`, percent(share), '', '']),
  );
  return table.toString();
};
