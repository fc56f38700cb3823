import type { Clock } from '#core/clock.ts';
import type { MetricSink } from '#core/host/metrics.ts';
import { metricNames } from '#core/org/resource-names.ts';
import type { ServiceSettings } from '#core/promotion/service-settings.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import { carryOut, type CarryOutPorts } from './carry-out.ts';

export type SweepOutboxPorts = CarryOutPorts & {
  readonly clock: Clock;
  readonly heads: Pick<HeadStore, 'read' | 'list'>;
  readonly services: ServiceSettings;
  readonly metrics: MetricSink;
};

/**
 * Looks at every set, on a schedule: what the stream has lost or given up is carried out here. It publishes the age of the oldest entry
 * that nobody could carry out; one set that fails holds back no other.
 * @throws the first failure, when all sets have had their turn
 */
export const sweepOutbox = (ports: SweepOutboxPorts) => async (): Promise<{ readonly oldestSeconds: number }> => {
  const { heads, services, metrics, clock, log } = ports;
  const failures: unknown[] = [];
  let oldestSeconds = 0;
  const lists = await Promise.all(services.map(({ name }) => heads.list(name)));
  for (const head of lists.flat()) {
    try {
      await carryOut(ports)(head.service, head.set);
    } catch (error) {
      failures.push(error);
      log.error('not-carried-out', { service: head.service, set: head.set, error: asLogged(error) });
      oldestSeconds = Math.max(oldestSeconds, await ageOf(ports, head));
    }
  }
  const point = { name: metricNames.outboxAgeSeconds, value: oldestSeconds, dimensions: {} };
  await metrics.publish([point], new Date(clock.now()));
  if (failures.length > 0) throw failures[0];
  return { oldestSeconds };
};

const asLogged = (error: unknown): Error | string => (error instanceof Error ? error : String(error));

/** Of the oldest entry that waits; of the head's own when the others cannot be read. */
const ageOf = async ({ outbox, clock }: SweepOutboxPorts, { service, set, lastTransition }: Head): Promise<number> => {
  const [oldest] = await outbox.pending(service, set, 1).catch(() => [lastTransition]);
  return oldest === undefined ? 0 : Math.max(0, (clock.now() - Date.parse(oldest.at)) / 1_000);
};
