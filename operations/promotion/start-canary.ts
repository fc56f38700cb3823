import { exposureLeaseSeconds } from '#core/canary/progress.ts';
import { LastgoodError } from '#core/errors.ts';
import type { HostStore } from '#core/host/leases.ts';
import { alarmNames } from '#core/org/resource-names.ts';
import type { AlarmReader } from '#core/promotion/alarm-reader.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import { warmHosts } from '#core/promotion/readiness.ts';
import type { StartCanaryInput } from '#core/promotion/steps.ts';
import { type AnalysisStep } from '#core/promotion/steps.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';

export interface StartCanaryPorts {
  readonly heads: Pick<HeadStore, 'apply'>;
  readonly hosts: Pick<HostStore, 'list'>;
  readonly alarms: AlarmReader;
  readonly promotions: Pick<PromotionStore, 'end'>;
  readonly now: () => Date;
  readonly by: string;
}

/**
 * Sends the first callers to the candidate; on an empty set there is nobody to compare it with, so it becomes stable. An
 * alarm that is on already could not fire again, so the canary waits until it is off.
 */
export const startCanary =
  ({ heads, hosts, alarms, promotions, now, by }: StartCanaryPorts) =>
  async (event: StartCanaryInput): Promise<AnalysisStep> => {
    const { promotionId, service, set, release, version, plan, validated } = event;
    if (warmHosts(await hosts.list(service, release), now().getTime()) === 0)
      throw new LastgoodError('pool-not-ready', `the pool of ${version} has no warm host any more`, {
        retryable: true,
      });
    if (validated.incumbent === undefined) {
      const reason = `${version} is the first release of ${service}/${set}`;
      const first = await heads.apply(
        service,
        set,
        { kind: 'initialize', release, promotionId, reason },
        { by, at: now() },
      );
      if (first.kind === 'refused') throw new LastgoodError('transition-refused', first.reason);
      await promotions.end(promotionId, { outcome: 'promoted', reason, by, endedAt: now().toISOString() });
      return { action: 'initialized', waitSeconds: 1, loop: 0, weightPercent: 100, reason };
    }
    await refuseAlarmed(alarms, service);
    const weightPercent = plan.steps[0]?.weightPercent ?? 0;
    const reason = `canary of ${version} by plan ${plan.name}, ${weightPercent} % first`;
    const leaseSeconds = exposureLeaseSeconds(plan);
    const exposureUntil = new Date(now().getTime() + leaseSeconds * 1_000).toISOString();
    const { seenRevision } = validated;
    const command = {
      kind: 'start-canary',
      promotionId,
      release,
      weightPercent,
      exposureUntil,
      seenRevision,
      reason,
    } as const;
    const started = await heads.apply(service, set, command, { by, at: now() });
    if (started.kind === 'refused') throw new LastgoodError('transition-refused', started.reason);
    const waitSeconds = Math.min(firstLookSeconds, Math.max(1, Math.floor(leaseSeconds / 12)));
    return { action: 'continue', waitSeconds, loop: 0, weightPercent, reason };
  };

/** The loop looks for the first time after this long, sooner when the plan's evidence is due in less than two minutes. */
const firstLookSeconds = 10;

const refuseAlarmed = async (alarms: AlarmReader, service: string): Promise<void> => {
  const { candidateWorse, candidateSilent } = alarmNames(service);
  const alarmed = await alarms.inAlarm([candidateWorse, candidateSilent]);
  if (alarmed.length === 0) return;
  throw new LastgoodError(
    'transition-refused',
    `${alarmed.join(' and ')} must be OK before a canary starts: an alarm fires on a change of its state only`,
    { retryable: true },
  );
};
