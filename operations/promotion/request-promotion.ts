import type { CanaryPlan } from '#core/canary/plan.ts';
import { LastgoodError, isLastgoodError } from '#core/errors.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import { canonicalJson } from '#core/release/canonical.ts';
import { maxAttempt, type PromotionInput, promotionIdOf } from '#core/promotion/promotion-input.ts';
import { overText, type PromotionEnd } from '#core/promotion/promotion-store.ts';
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

export interface RequestedPromotion {
  readonly promotion: PromotionInput;
  /** Its release is stable by it. @default - it runs */
  readonly end?: PromotionEnd;
}

type Stores = Pick<OrgStores, 'heads' | 'releases' | 'executions' | 'promotions'> & {
  readonly org: Pick<OrgStores['org'], 'name'>;
};

/**
 * Starts a promotion. The same request again is the same promotion (S3), while it runs and once it has made its release stable.
 * @throws LastgoodError `unknown-name`, `quarantined`; `transition-refused` when this attempt ran with another plan, or is over and
 *   callers do not meet its release: the message names the next attempt
 */
export const requestPromotion = async (
  stores: Stores,
  { service, set, release: name, plan, attempt, requestedBy }: PromotionRequest,
): Promise<RequestedPromotion> => {
  const { org, heads, releases, executions, promotions } = stores;
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
  if (recorded?.end) return answerEnded(stores, recorded.input, recorded.end);
  if (recorded === undefined) await refuseQuarantined(heads, org.name, input);
  try {
    await executions.start(input);
    return { promotion: input };
  } catch (error) {
    // Somebody else asked for the same: the same promotion, unless it tested something else or did not come to its end.
    const isSame = recorded && canonicalJson(recorded.input.plan) === canonicalJson(plan);
    if (!isSame || !isLastgoodError(error, 'transition-refused')) throw error;
    const execution = await executions.describe(input);
    if (execution?.status !== 'running' && execution?.status !== 'succeeded') throw error;
    return { promotion: recorded.input };
  }
};

/** Step Functions forgets an execution after 90 days; the record does not, so the same start never runs again. */
const answerEnded = async (
  { heads, promotions }: Pick<Stores, 'heads' | 'promotions'>,
  promotion: PromotionInput,
  end: PromotionEnd,
): Promise<RequestedPromotion> => {
  const head = await heads.read(promotion.service, promotion.set);
  if (end.outcome === 'promoted' && head?.stable === promotion.release) return { promotion, end };
  throw new LastgoodError('transition-refused', overText(promotion, end, await nextAttempt(promotions, promotion)));
};

const nextAttempt = async (
  promotions: Pick<Stores['promotions'], 'get'>,
  promotion: PromotionInput,
): Promise<number> => {
  for (let attempt = promotion.attempt + 1; attempt < maxAttempt; attempt += 1)
    if ((await promotions.get(promotionIdOf({ ...promotion, attempt }))) === undefined) return attempt;
  return maxAttempt;
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
