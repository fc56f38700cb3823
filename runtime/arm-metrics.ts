import type { Arm } from '#core/words/arm.ts';
import type { Clock } from '#core/clock.ts';
import type { MetricPoint, MetricSink } from '#core/host/metrics.ts';
import type { PromotionId } from '#core/words/ids.ts';
import type { ServiceName } from '#core/words/names.ts';
import type { CallLog } from './log.ts';
import { SlidingSum } from './sliding-sum.ts';

/** Alarms look at ten-second periods; ten seconds hold too few calls, so each point is the sum of the last minute, or of the last ten. */
const periodMs = 10_000;
const minuteMs = 60_000;
const tenMinutesMs = 600_000;
/** Beside stable: arms that a comparison brings and takes away again. */
const comparedArms = ['candidate', 'holdback'] as const satisfies readonly Arm[];

export interface ArmMetricsOptions {
  readonly clock: Clock;
  readonly sink: MetricSink;
  readonly log: CallLog;
  readonly services: readonly ServiceName[];
  /** Metric names that `count` takes: sums of the last minute. */
  readonly names: readonly string[];
  /** Of these names, under which the sum of the last ten minutes is published, too. @default - none */
  readonly tenMinuteNames?: Readonly<Record<string, string>>;
  /** Comparisons that run on heads of the service now: promotions with a candidate, holdbacks. */
  readonly livePromotions: (service: ServiceName) => Promise<readonly PromotionId[]>;
  /** Values as they are at the moment of publishing. @default - none */
  readonly gauges?: () => readonly MetricPoint[];
}

/** What a call is counted under. */
export interface CountedCall {
  readonly service: ServiceName;
  readonly arm: Arm;
  /** The comparison in which it started. */
  readonly promotionId?: PromotionId | undefined;
}

/** One published sum of what was counted under a name. */
interface Figure {
  readonly counted: string;
  readonly name: string;
  readonly windowMs: number;
}

/** Comparisons whose calls are still in the window: one at a time per set, so a service meets few in ten minutes. */
const maxPromotions = 50;

/**
 * Sliding sums per service and arm, published on each ten-second boundary, zeros included: zero is measured, nothing is not.
 * Alarms know no promotion, so the sums of candidate and holdback hold calls of the present comparison only: those of an earlier
 * candidate, which may end long after it was aborted, must not speak against its successor.
 */
export class ArmMetrics {
  readonly #options: ArmMetricsOptions;
  readonly #figures: readonly Figure[];
  readonly #stable = new Map<string, SlidingSum>();
  /** By service, arm and comparison, then by name. */
  readonly #compared = new Map<string, Map<string, SlidingSum>>();
  readonly #live = new Map<string, readonly string[]>();
  #cancel: (() => void) | undefined;

  constructor(options: ArmMetricsOptions) {
    this.#options = options;
    this.#figures = [
      ...options.names.map((name) => ({ counted: name, name, windowMs: minuteMs })),
      ...Object.entries(options.tenMinuteNames ?? {}).map(([counted, name]) => ({
        counted,
        name,
        windowMs: tenMinutesMs,
      })),
    ];
    for (const service of options.services)
      for (const figure of this.#figures) this.#stable.set(`${service}#${figure.name}`, this.#emptySum(figure));
  }

  count(name: string, { service, arm, promotionId }: CountedCall): void {
    for (const figure of this.#figures) {
      if (figure.counted !== name) continue;
      const sum =
        arm === 'stable'
          ? this.#stable.get(`${service}#${figure.name}`)
          : this.#sumsOf(`${service}#${arm}#${promotionId ?? ''}`)?.get(figure.name);
      sum?.add(this.#options.clock.now());
    }
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
    const { clock, sink, log, gauges, services } = this.#options;
    const boundary = Math.floor(clock.now() / periodMs) * periodMs;
    await Promise.all(services.map((service) => this.#readLive(service)));
    const now = clock.now();
    const points = services.flatMap((service) =>
      this.#figures.flatMap(({ name }) => {
        const point = (arm: Arm, value: number) => ({ name, dimensions: { Service: service, Arm: arm }, value });
        return [
          point('stable', this.#stable.get(`${service}#${name}`)?.total(now) ?? 0),
          ...comparedArms.map((arm) => point(arm, this.#totalOf(service, arm, name, now))),
        ];
      }),
    );
    this.#forgetEmpty(now);
    await sink.publish([...points, ...(gauges?.() ?? [])], new Date(boundary)).catch((error: unknown) => {
      log.warn('metrics-not-published', { error });
    });
  }

  /** A head that cannot be read leaves the last answer standing; before the first, every promotion counts. */
  async #readLive(service: ServiceName): Promise<void> {
    try {
      this.#live.set(service, await this.#options.livePromotions(service));
    } catch (error) {
      this.#options.log.warn('live-promotions-unknown', { service, error });
    }
  }

  #totalOf(service: string, arm: Arm, name: string, now: number): number {
    const live = this.#live.get(service);
    let total = 0;
    for (const [key, sums] of this.#compared) {
      const [ofService, ofArm, promotionId = ''] = key.split('#');
      if (ofService === service && ofArm === arm && (live === undefined || live.includes(promotionId)))
        total += sums.get(name)?.total(now) ?? 0;
    }
    return total;
  }

  #sumsOf(key: string): Map<string, SlidingSum> | undefined {
    const known = this.#compared.get(key);
    if (known !== undefined || this.#compared.size >= maxPromotions) return known;
    const sums = new Map(this.#figures.map((figure) => [figure.name, this.#emptySum(figure)]));
    this.#compared.set(key, sums);
    return sums;
  }

  #forgetEmpty(now: number): void {
    for (const [key, sums] of this.#compared)
      if ([...sums.values()].every((sum) => sum.total(now) === 0)) this.#compared.delete(key);
  }

  #emptySum({ windowMs }: Figure): SlidingSum {
    return new SlidingSum(windowMs, periodMs, this.#options.clock.now());
  }
}
