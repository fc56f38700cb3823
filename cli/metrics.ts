import { Command } from 'commander';
import { systemClock, timestampOf } from '#core/clock.ts';
import type { DeploymentMetrics, Spread } from '#core/version-set/deployment-metrics.ts';
import { countLosses, type Loss } from '#operations/session/count-losses.ts';
import { measureDeployments } from '#operations/version-set/measure-deployments.ts';
import { type SetOptions, setOptions, withSet } from './org/with-set.ts';
import { type NameRelease, versionNames } from './org/version-names.ts';
import { wholeNumber } from './options/number.ts';
import { plainTable } from './terminal/table.ts';

interface MetricsOptions extends SetOptions {
  readonly days: number;
}

/** `lastgood metrics <service>` (S16) */
export const metricsCommand = (): Command =>
  setOptions(new Command('metrics'))
    .description(
      'show how deployments go: frequency, success, rollbacks, times, versions, their share of callers, and lost calls',
    )
    .option('--days <n>', 'length of the window that ends now', wholeNumber(1, 3_650), 30)
    .addHelpText('after', '\nExample:\n  lastgood metrics appointments --org acme-cardio-useast --days 90')
    .action((service: string, options: MetricsOptions) =>
      withSet(service, options, async (context) => {
        const nowMs = systemClock.now();
        const { service: name, set } = context;
        const window = { service: name, from: timestampOf(nowMs - options.days * 86_400_000), to: timestampOf(nowMs) };
        const [metrics, lostBeforeHandOver] = await Promise.all([
          measureDeployments(context.access, { ...window, set }),
          countLosses(context.access, window),
        ]);
        const text = options.json
          ? JSON.stringify({ ...metrics, lostBeforeHandOver })
          : metricsTable(metrics, lostBeforeHandOver, await versionNames(context.access, name));
        process.stdout.write(`${text}\n`);
      }),
    );

const percent = (rate: number | null): string => (rate === null ? '' : `${(100 * rate).toFixed(1)} %`);
const duration = (spread: Spread | null): string =>
  spread === null ? '' : `${spread.medianSeconds.toFixed(1)} s, at most ${spread.maxSeconds.toFixed(1)} s`;
const meets = (value: number | null | undefined, holds: (value: number) => boolean): string =>
  value === null || value === undefined ? 'nothing to measure' : holds(value) ? 'yes' : 'NO';

const metricsTable = (metrics: DeploymentMetrics, losses: readonly Loss[], nameOf: NameRelease): string => {
  const { successRate, rollbackRate, deploymentTime, rollbackTime, activeVersions, stableAgeSeconds } = metrics;
  const table = plainTable(['metric', 'value', 'target', 'holds']);
  table.push(
    ['promoted / aborted / rolled back', `${metrics.promoted} / ${metrics.aborted} / ${metrics.rolledBack}`, '', ''],
    ['suspected after the promotion', `${metrics.suspected}`, '', ''],
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
    ...losses.map(({ arm, reason, calls }) => [`calls lost before hand-over: ${arm}, ${reason}`, calls, '', '']),
  );
  return table.toString();
};
