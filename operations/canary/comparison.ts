import type { Baseline } from '#core/canary/guardrail-wiring.ts';
import type { CanaryPlan } from '#core/canary/plan.ts';
import { holdbackPlan } from '#core/canary/holdback-plan.ts';
import { type ArmSides, canarySides, holdbackSides } from '#core/promotion/outcome-of-session.ts';
import { type ServiceSettings, settingsOf } from '#core/promotion/service-settings.ts';
import type { Candidate, Head, Holdback } from '#core/version-set/head.ts';
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

/** Stable against the callers who stay on last-good, by the plan of the promotion that brought stable. */
export const holdbackComparison = (
  { service, set }: Pick<Head, 'service' | 'set'>,
  { comparisonId, startedAt, weightPercent }: Pick<Holdback, 'comparisonId' | 'startedAt' | 'weightPercent'>,
  plan: CanaryPlan,
  baseline: Baseline,
): Comparison => ({
  id: comparisonId,
  service,
  set,
  startedAt,
  plan: holdbackPlan(plan, weightPercent),
  baseline,
  sides: holdbackSides,
});
