import { LastgoodError } from '#core/errors.ts';
import type { Org } from '#core/org/org.ts';
import type { PromotionRecord } from '#core/promotion/promotion-store.ts';
import { findPromotion } from '#operations/promotion/gather-story.ts';
import { type OrgAccess, withOrg } from '../org/org-access.ts';

/**
 * Finds a promotion among orgs and runs with the stores of its org.
 * @param name its id, or the beginning of it
 * @throws LastgoodError `unknown-name`
 */
export const withPromotion = async <T>(
  name: string,
  orgs: readonly Org[],
  run: (access: OrgAccess, promotion: PromotionRecord) => Promise<T>,
): Promise<T> => {
  for (const org of orgs) {
    const found = await withOrg(org, async (access) => {
      const promotion = await findPromotion(access, name);
      return promotion === undefined ? undefined : { value: await run(access, promotion) };
    });
    if (found) return found.value;
  }
  throw new LastgoodError(
    'unknown-name',
    `no promotion ${name} in ${orgs.map((org) => org.name).join(', ')}; lastgood history shows those that reached a set`,
  );
};
