import type { CanaryPlan } from '#core/canary/plan.ts';
import { planByName } from '#core/canary/plans.ts';
import type { SuspicionOptions } from '#core/canary/suspicion.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import { type ServiceSettings, settingsOf } from '#core/promotion/service-settings.ts';
import { stableBaseline } from '#core/promotion/stable-baseline.ts';
import type { Head } from '#core/version-set/head.ts';
import type { History } from '#core/version-set/history.ts';
import { digestOf, type ReleaseId } from '#core/words/digest.ts';
import { PromotionId } from '#core/words/ids.ts';

export interface OpenWatchPorts {
  readonly history: Pick<History, 'list'>;
  readonly promotions: Pick<PromotionStore, 'get' | 'decisions'>;
  readonly services: ServiceSettings;
}

/** What a stable release is held to, for as long as it is stable. */
export interface Watch {
  readonly release: ReleaseId;
  /** Names what is kept of its suspicion. */
  readonly id: PromotionId;
  /** When it became stable, epoch milliseconds. */
  readonly sinceMs: number;
  /** Of the promotion that brought it; a shipped one when none did. */
  readonly plan: CanaryPlan;
  readonly suspicion: SuspicionOptions;
}

export const openWatch = async ({ history, promotions, services }: OpenWatchPorts, head: Head): Promise<Watch> => {
  const { service, set, stable, holdback } = head;
  const since = await stableSince(history, head);
  const promotion = holdback && (await promotions.get(holdback.promotionId));
  const plan = promotion?.input.plan ?? planByName('standard');
  const decisions = holdback ? await promotions.decisions(holdback.promotionId) : [];
  const { baselineErrorRate, expectedCallsPerMinute } = settingsOf(services, service);
  return {
    release: stable,
    id: PromotionId.parse(digestOf(JSON.stringify(['watch', service, set, stable, since])).slice(0, 32)),
    sinceMs: Date.parse(since),
    plan,
    suspicion: {
      plan,
      baseline: stableBaseline(baselineErrorRate, plan, decisions),
      callsPerMinute: expectedCallsPerMinute,
    },
  };
};

/** Entries that are looked through; beyond them the release has been stable for long enough. */
const mostEntries = 200;

/** When the release became stable: the newest entry after which nothing but weights, holdbacks and freezes came. */
const stableSince = async (history: Pick<History, 'list'>, head: Head): Promise<string> => {
  const entries = await history.list(head.service, head.set, mostEntries);
  return entries.find(({ from, to }) => from?.stable !== to.stable)?.at ?? entries.at(-1)?.at ?? head.lastTransition.at;
};
