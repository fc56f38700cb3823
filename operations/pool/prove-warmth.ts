import { assertNever } from '#core/errors.ts';
import type { MetricSink } from '#core/host/metrics.ts';
import type { Log } from '#core/log.ts';
import { metricNames } from '#core/org/resource-names.ts';
import type { ServiceSettings } from '#core/promotion/service-settings.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import { activeHoldback } from '#core/version-set/holdback.ts';
import { type ProbePorts, probeRelease, type ProbeResult } from './probe-release.ts';

export interface ProveWarmthPorts extends ProbePorts {
  readonly heads: Pick<HeadStore, 'list'>;
  readonly services: ServiceSettings;
  readonly metrics: MetricSink;
  readonly log: Log;
}

/**
 * Places a synthetic call through every last-good release that carries no calls (S10): warm is what answered, and a metric says so to
 * an alarm. While a holdback has callers, their calls are the better proof.
 */
export const proveWarmth =
  (ports: ProveWarmthPorts) => async (): Promise<{ readonly proven: number; readonly failed: number }> => {
    const { heads, services, metrics, log, clock } = ports;
    let proven = 0;
    let failed = 0;
    for (const head of await idleLastGoods(heads, services)) {
      const { service, set, lastGood: release } = head;
      const result = await probeRelease(ports)({ service, set, release });
      const ok = result.kind === 'spoke';
      const point = { name: metricNames.lastGoodCold, value: ok ? 0 : 1, dimensions: { Service: service } };
      await metrics.publish([point], new Date(clock.now()));
      if (ok) proven += 1;
      else {
        failed += 1;
        log.error('last-good-not-warm', { service, set, agent_version: release, detail: detailOf(result) });
      }
    }
    return { proven, failed };
  };

/** Heads whose last-good is another release than stable and has no callers, each release once. */
const idleLastGoods = async (heads: Pick<HeadStore, 'list'>, services: ServiceSettings): Promise<readonly Head[]> => {
  const lists = await Promise.all(services.map(({ name }) => heads.list(name)));
  const idle = lists.flat().filter((head) => head.lastGood !== head.stable && !activeHoldback(head));
  return [...new Map(idle.map((head) => [head.lastGood, head])).values()];
};

const detailOf = (result: Exclude<ProbeResult, { kind: 'spoke' }>): string => {
  switch (result.kind) {
    case 'no-host':
      return 'no host takes calls';
    case 'silent':
      return result.failures.join('; ');
    default:
      return assertNever(result, 'probe result');
  }
};
