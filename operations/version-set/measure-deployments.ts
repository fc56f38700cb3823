import { decisionKey } from '#core/promotion/promotion-store.ts';
import { type DeploymentMetrics, deploymentMetrics } from '#core/version-set/deployment-metrics.ts';
import type { HistoryEntry } from '#core/version-set/head.ts';
import type { PromotionId } from '#core/words/ids.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import type { Timestamp } from '#core/words/time.ts';
import type { OrgStores } from '../org-stores.ts';

export interface DeploymentWindow {
  readonly service: ServiceName;
  readonly set: SetName;
  readonly from: Timestamp;
  readonly to: Timestamp;
}

export interface MeasureDeploymentsPorts {
  readonly history: Pick<OrgStores['history'], 'list'>;
  readonly promotions: Pick<OrgStores['promotions'], 'get' | 'decisions'>;
}

/** More transitions than a version set has in years. */
const maxEntries = 100_000;

/** How deployments of a version set went (S16), from its history and its promotions' records. */
export const measureDeployments = async (
  stores: MeasureDeploymentsPorts,
  { service, set, from, to }: DeploymentWindow,
): Promise<DeploymentMetrics> => {
  const entries = (await stores.history.list(service, set, maxEntries)).toReversed();
  const recent = entries.filter(({ at }) => at >= from);
  const promotions = [...new Set(recent.flatMap(({ promotionId }) => promotionId ?? []))];
  return deploymentMetrics({
    entries,
    askedAt: await askedAt(stores, promotions),
    decidedAt: await decidedAt(stores, promotions, recent),
    from,
    to,
  });
};

const askedAt = async (
  { promotions }: MeasureDeploymentsPorts,
  ids: readonly PromotionId[],
): Promise<ReadonlyMap<PromotionId, Timestamp>> => {
  const records = await Promise.all(ids.map((id) => promotions.get(id)));
  return new Map(records.flatMap((record) => (record ? [[record.input.promotionId, record.startedAt]] : [])));
};

/** Only the decisions that a transition names are read. */
const decidedAt = async (
  { promotions }: MeasureDeploymentsPorts,
  ids: readonly PromotionId[],
  entries: readonly HistoryEntry[],
): Promise<ReadonlyMap<string, Timestamp>> => {
  const cited = new Set(entries.flatMap(({ evidence }) => evidence ?? []));
  const times = await Promise.all(
    ids.map(async (id) =>
      (await promotions.decisions(id)).map(({ number, at }) => [decisionKey(id, number), at] as const),
    ),
  );
  return new Map(times.flat().filter(([key]) => cited.has(key)));
};
