import { exposureLeaseSeconds } from '#core/canary/progress.ts';
import { type Clock, timestampOf } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import type { HostStore } from '#core/host/leases.ts';
import { alarmNames } from '#core/org/resource-names.ts';
import type { AlarmReader } from '#core/promotion/alarm-reader.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import { warmHosts } from '#core/promotion/readiness.ts';
import type { NextStep, StartCanaryInput } from '#core/promotion/steps.ts';
import type { Command } from '#core/version-set/command.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';

export interface StartCanaryPorts {
  readonly heads: Pick<HeadStore, 'apply'>;
  readonly hosts: Pick<HostStore, 'list'>;
  readonly alarms: AlarmReader;
  readonly promotions: Pick<PromotionStore, 'get'>;
  readonly clock: Clock;
  readonly by: string;
}

/**
 * Sends the first callers to the candidate; on an empty set there is nobody to compare it with, so it becomes stable. An
 * alarm that is on already could not fire again, so the canary waits until it is off.
 */
export const startCanary =
  (ports: StartCanaryPorts) =>
  async (event: StartCanaryInput): Promise<NextStep> => {
    const { service, release, version } = event;
    if (warmHosts(await ports.hosts.list(service, release), ports.clock.now()) === 0) {
      throw new LastgoodError('pool-not-ready', `the pool of ${version} has no warm host any more`, {
        retryable: true,
      });
    }
    if (event.validated.incumbent === undefined) return initialize(ports, event);
    await refuseAlarmed(ports.alarms, service);
    return exposeUnlessEnded(ports, event);
  };

const initialize = async (
  ports: StartCanaryPorts,
  { promotionId, service, set, release, version }: StartCanaryInput,
): Promise<NextStep> => {
  const reason = `${version} is the first release of ${service}/${set}`;
  await move(ports, { service, set }, { kind: 'initialize', release, promotionId, reason });
  return { action: 'initialized', waitSeconds: 1, loop: 0, weightPercent: 100, reason };
};

/** Whoever ends a promotion early records it, and looks at the head again: one of the two sees what the other did. */
const exposeUnlessEnded = async (ports: StartCanaryPorts, event: StartCanaryInput): Promise<NextStep> => {
  const { promotionId, service, set } = event;
  const endOf = async () => (await ports.promotions.get(promotionId))?.end;
  const before = await endOf();
  if (before) throw overBefore(event, before.reason);
  const step = await exposeFirstStep(ports, event);
  const meanwhile = await endOf();
  if (meanwhile === undefined) return step;
  await move(ports, { service, set }, { kind: 'abort', promotionId, reason: meanwhile.reason.slice(0, 2_000) });
  throw overBefore(event, meanwhile.reason);
};

const overBefore = ({ version, promotionId }: StartCanaryInput, reason: string): LastgoodError =>
  new LastgoodError(
    'transition-refused',
    `promotion ${promotionId} of ${version} was over before its canary began: ${reason}; start it again with another attempt`,
  );

/** The loop looks for the first time after this long, sooner when the plan's evidence is due in less than two minutes. */
const firstLookSeconds = 10;

const exposeFirstStep = async (
  ports: StartCanaryPorts,
  { promotionId, service, set, release, version, plan, validated }: StartCanaryInput,
): Promise<NextStep> => {
  const weightPercent = plan.steps[0]?.weightPercent ?? 0;
  const reason = `canary of ${version} by plan ${plan.name}, ${weightPercent} % first`;
  const leaseSeconds = exposureLeaseSeconds(plan);
  await move(
    ports,
    { service, set },
    {
      kind: 'start-canary',
      promotionId,
      release,
      weightPercent,
      exposureUntil: timestampOf(ports.clock.now() + leaseSeconds * 1_000),
      seenRevision: validated.seenRevision,
      outcomeWindowSeconds: plan.outcomeWindowMinutes * 60,
      reason,
    },
  );
  const waitSeconds = Math.min(firstLookSeconds, Math.max(1, Math.floor(leaseSeconds / 12)));
  return { action: 'continue', waitSeconds, loop: 0, weightPercent, reason };
};

const move = async (
  { heads, clock, by }: StartCanaryPorts,
  { service, set }: Pick<StartCanaryInput, 'service' | 'set'>,
  command: Command,
): Promise<void> => {
  const result = await heads.apply(service, set, command, { by, at: new Date(clock.now()) });
  if (result.kind === 'refused') throw new LastgoodError('transition-refused', result.reason);
};

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
