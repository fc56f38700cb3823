import type { MetricReader } from '#core/host/metrics.ts';
import { metricNames } from '#core/org/resource-names.ts';
import { Arm } from '#core/words/arm.ts';
import { LossReason } from '#core/words/loss.ts';
import type { ServiceName } from '#core/words/names.ts';
import type { Timestamp } from '#core/words/time.ts';

/** Calls that their arm had no process for, whoever served the caller then. */
export interface Loss {
  readonly arm: Arm;
  readonly reason: LossReason;
  readonly calls: number;
}

export interface LossWindow {
  readonly service: ServiceName;
  readonly from: Timestamp;
  readonly to: Timestamp;
}

/** Calls lost before hand-over, of all version sets of a service; only those that there were. */
export const countLosses = async (
  { metrics }: { readonly metrics: MetricReader },
  { service, from, to }: LossWindow,
): Promise<readonly Loss[]> => {
  const kinds = Arm.options.flatMap((arm) => LossReason.options.map((reason) => ({ arm, reason })));
  const dimensions = kinds.map(({ arm, reason }) => ({ Service: service, Arm: arm, Reason: reason }));
  const range = { from: new Date(from), to: new Date(to) };
  const sums = await metrics.sums(metricNames.callsRefused, dimensions, range);
  return kinds.map((kind, index) => ({ ...kind, calls: sums[index] ?? 0 })).filter(({ calls }) => calls > 0);
};
