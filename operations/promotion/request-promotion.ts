import type { CanaryPlan } from '#core/canary/plan.ts';
import { LastgoodError, isLastgoodError } from '#core/errors.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import { canonicalJson } from '#core/release/canonical.ts';
import { type PromotionInput, promotionIdOf } from '#core/promotion/promotion-input.ts';
import { roleOf } from '#core/version-set/state-rules.ts';
import type { OrgStores } from '../org-stores.ts';

export interface PromotionRequest {
  readonly service: ServiceName;
  readonly set: SetName;
  /** Version label, id, or the beginning of an id. */
  readonly release: string;
  readonly plan: CanaryPlan;
  readonly attempt: number;
  /** A person or CI job. */
  readonly requestedBy: string;
}

/**
 * Starts a promotion. The same request again is the same promotion (S3), also when it is over: then its record tells how.
 * @throws LastgoodError `unknown-name`, `quarantined`; `transition-refused` when this attempt ran with another plan
 */
export const requestPromotion = async (
  {
    org,
    heads,
    releases,
    executions,
    promotions,
  }: Pick<OrgStores, 'heads' | 'releases' | 'executions' | 'promotions'> & {
    readonly org: Pick<OrgStores['org'], 'name'>;
  },
  { service, set, release: name, plan, attempt, requestedBy }: PromotionRequest,
): Promise<PromotionInput> => {
  if (roleOf(set) === 'edge') {
    throw new LastgoodError(
      'transition-refused',
      `${service}/edge follows publishing by itself; promote to another set`,
    );
  }
  const { releaseId: release, version } = await releases.resolve(service, name);
  const what = { org: org.name, service, set, release, attempt };
  const input: PromotionInput = {
    ...what,
    promotionId: promotionIdOf(what),
    version,
    plan,
    requestedBy,
    continuation: 0,
  };
  const recorded = await promotions.get(input.promotionId);
  if (recorded === undefined) await refuseQuarantined(heads, org.name, input);
  try {
    await executions.start(input);
    return input;
  } catch (error) {
    // Somebody else asked for the same, or it is over: the same promotion, unless it tested something else.
    const isSame = recorded && canonicalJson(recorded.input.plan) === canonicalJson(plan);
    if (isSame && isLastgoodError(error, 'transition-refused')) return recorded.input;
    throw error;
  }
};

/** The workflow checks it too; here it is refused before anything starts. */
const refuseQuarantined = async (
  heads: Pick<OrgStores['heads'], 'standing'>,
  org: string,
  { release, version, service }: PromotionInput,
): Promise<void> => {
  if ((await heads.standing(service, release)) !== 'quarantined') return;
  throw new LastgoodError(
    'quarantined',
    `${version} of ${service} is quarantined in ${org}; publish a repaired release, ` +
      `or record an override: lastgood quarantine ${version} --service ${service} --override --reason "..."`,
  );
};
