import type { MetricPoint } from '#core/host/metrics.ts';
import { metricNames } from '#core/org/resource-names.ts';
import type { ServiceName } from '#core/words/names.ts';
import type { LostCall } from './lost-calls.ts';

/** Calls lost before hand-over since they were last taken: per arm and reason, and per service those that nobody served. */
export class RefusalCounts {
  readonly #services: readonly ServiceName[];
  readonly #lost = new Map<string, MetricPoint>();
  readonly #refused = new Map<string, number>();

  constructor(services: readonly ServiceName[]) {
    this.#services = services;
  }

  count({ assignment: { service, arm }, reason, served }: LostCall): void {
    const key = `${service}#${arm}#${reason}`;
    const dimensions = { Service: service, Arm: arm, Reason: reason };
    this.#lost.set(key, {
      name: metricNames.callsRefused,
      dimensions,
      value: (this.#lost.get(key)?.value ?? 0) + 1,
    });
    // A caller who hung up was not refused.
    if (!served && reason !== 'gone') this.#refused.set(service, (this.#refused.get(service) ?? 0) + 1);
  }

  /** The counts as metrics; they begin anew. */
  take(): readonly MetricPoint[] {
    const refused = this.#services.map((service) => ({
      name: metricNames.callsRefused,
      dimensions: { Service: service },
      value: this.#refused.get(service) ?? 0,
    }));
    const points = [...this.#lost.values(), ...refused];
    this.#lost.clear();
    this.#refused.clear();
    return points;
  }
}
