import type { Pools } from '#core/host/pools.ts';
import { poolName } from '#core/org/resource-names.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import type { Promotion, Retired } from '#core/promotion/steps.ts';
import type { ReleaseRegistry } from '#core/release/release-registry.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { ServiceName } from '#core/words/names.ts';

export interface RetirePoolsPorts {
  readonly heads: Pick<HeadStore, 'list'>;
  readonly releases: Pick<ReleaseRegistry, 'list'>;
  readonly promotions: Pick<PromotionStore, 'listByService' | 'get'>;
  readonly pools: Pick<Pools, 'list' | 'retire'>;
}

/** Promotions of a service that can be under way at once: one per version set. */
const maxPromotions = 50;

/**
 * Takes down the pools that nobody needs: no head of the service names their release as stable, last-good or candidate,
 * and no other promotion is getting it ready. ECS keeps their tasks while calls protect them; the next promotion deletes
 * what is empty by then.
 */
export const retirePools =
  (ports: RetirePoolsPorts) =>
  async ({ service, promotionId }: Promotion): Promise<Retired> => {
    const present = new Set(await ports.pools.list(service));
    const needed = [...(await onHeads(ports, service)), ...(await underWay(ports, service, promotionId))];
    const kept = new Set(needed.map((release) => poolName(service, release)));
    const retired: string[] = [];
    for (const { releaseId } of await ports.releases.list(service)) {
      const name = poolName(service, releaseId);
      if (!present.has(name) || kept.has(name)) continue;
      await ports.pools.retire(service, releaseId);
      retired.push(name);
    }
    return { pools: retired.slice(0, 100), kept: [...kept].slice(0, 100) };
  };

const onHeads = async ({ heads }: RetirePoolsPorts, service: ServiceName): Promise<readonly ReleaseId[]> =>
  (await heads.list(service)).flatMap(({ stable, lastGood, candidate }) => [
    stable,
    lastGood,
    ...(candidate ? [candidate.release] : []),
  ]);

const underWay = async (
  { promotions }: RetirePoolsPorts,
  service: ServiceName,
  own: string,
): Promise<readonly ReleaseId[]> => {
  const ids = (await promotions.listByService(service, maxPromotions)).filter((id) => id !== own);
  const records = await Promise.all(ids.map((id) => promotions.get(id)));
  return records.flatMap((record) => (record && record.end === undefined ? [record.input.release] : []));
};
