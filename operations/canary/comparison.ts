import type { Baseline } from '#core/canary/guardrail-wiring.ts';
import type { CanaryPlan } from '#core/canary/plan.ts';
import { type ArmSides, canarySides } from '#core/promotion/outcome-of-session.ts';
import { type ServiceSettings, settingsOf } from '#core/promotion/service-settings.ts';
import type { Candidate, Head } from '#core/version-set/head.ts';
import type { PromotionId } from '#core/words/ids.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';

/** Two arms whose calls are compared, with everything that a judge needs to know of them. */
export interface Comparison {
  /** What its sessions carry as `promotionId`. */
  readonly id: PromotionId;
  readonly service: ServiceName;
  readonly set: SetName;
  /** ISO 8601: calls that started earlier are no part of it. */
  readonly startedAt: string;
  readonly plan: CanaryPlan;
  readonly baseline: Baseline;
  readonly sides: ArmSides;
}

/** A candidate against stable. */
export const canaryComparison = (
  { service, set }: Pick<Head, 'service' | 'set'>,
  { promotionId, startedAt }: Pick<Candidate, 'promotionId' | 'startedAt'>,
  plan: CanaryPlan,
  services: ServiceSettings,
): Comparison => ({
  id: promotionId,
  service,
  set,
  startedAt,
  plan,
  baseline: { errorRate: settingsOf(services, service).baselineErrorRate },
  sides: canarySides,
});
