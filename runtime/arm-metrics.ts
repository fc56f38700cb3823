import type { Arm } from '#core/session/session-record.ts';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { MetricPoint, MetricSink } from './ports.ts';
import { SlidingSum } from './sliding-sum.ts';

/** Alarms look at ten-second periods; ten seconds hold too few calls, so each point is the sum of the last minute. */
const periodMs = 10_000;
const windowMs = 60_000;
const arms: readonly Arm[] = ['stable', 'candidate'];

export interface ArmMetricsOptions {
  readonly clock: Clock;
  readonly sink: MetricSink;
  readonly log: Log;
  readonly services: readonly string[];
  /** Metric names that `count` takes. */
  readonly names: readonly string[];
  /** Values as they are at the moment of publishing. @default - none */
  readonly gauges?: () => readonly MetricPoint[];
}

/** Sliding sums per service and arm, published on each ten-second boundary, zeros included: zero is measured, nothing is not. */
export class ArmMetrics {
  readonly #options: ArmMetricsOptions;
  readonly #sums = new Map<string, { readonly point: Omit<MetricPoint, 'value'>; readonly sum: SlidingSum }>();
  #cancel: (() => void) | undefined;

  constructor(options: ArmMetricsOptions) {
    this.#options = options;
    const now = options.clock.now();
    for (const service of options.services) {
      for (const arm of arms) {
        for (const name of options.names) {
          const point = { name, dimensions: { Service: service, Arm: arm } };
          this.#sums.set(`${name}#${service}#${arm}`, { point, sum: new SlidingSum(windowMs, periodMs, now) });
        }
      }
    }
  }

  count(name: string, service: string, arm: Arm): void {
    this.#sums.get(`${name}#${service}#${arm}`)?.sum.add(this.#options.clock.now());
  }

  /** Publishes on every boundary until stopped. */
  start(): void {
    const { clock } = this.#options;
    this.#cancel = clock.after(periodMs - (clock.now() % periodMs), () => {
      void this.publish();
      this.start();
    });
  }

  stop(): void {
    this.#cancel?.();
  }

  /** Publishes now; never rejects: a lost point is a gap that alarms know how to treat. */
  async publish(): Promise<void> {
    const { clock, sink, log, gauges } = this.#options;
    const now = clock.now();
    const boundary = Math.floor(now / periodMs) * periodMs;
    const sums = [...this.#sums.values()].map(({ point, sum }) => ({ ...point, value: sum.total(now) }));
    await sink.publish([...sums, ...(gauges?.() ?? [])], new Date(boundary)).catch((error: unknown) => {
      log.warn('metrics-not-published', { error });
    });
  }
}
