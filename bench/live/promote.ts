import type { CanaryPlan } from '#core/canary/plan.ts';
import { planByName } from '#core/canary/plans.ts';
import { LastgoodError } from '#core/errors.ts';
import { serviceOf } from '#core/org/services.ts';
import { promotionIdOf, type PromotionInput } from '#core/promotion/promotion-input.ts';
import type { PromotionId } from '#core/words/ids.ts';
import { SetName } from '#core/words/names.ts';
import type { PublishedVersion } from './bench-agent.ts';
import { type Live, pauseLive } from './bring-up.ts';

export const production = SetName.parse('release');

const limitMs = 180_000;

/** Starts a promotion through the state machine, as CI would. */
export const startPromotion = async (
  live: Live,
  serviceName: string,
  { release, version }: PublishedVersion,
  plan: CanaryPlan,
): Promise<PromotionId> => {
  const { org } = live.access;
  const place = { org: org.name, service: serviceOf(org, serviceName), set: production, release, attempt: 1 };
  const promotionId = promotionIdOf(place);
  const input: PromotionInput = { ...place, promotionId, version, plan, requestedBy: 'bench', continuation: 0 };
  await live.access.executions.start(input);
  return promotionId;
};

/** Resolves when the promotion's execution is over, with the reason of its end. @throws LastgoodError `timeout` */
export const promotionEnded = async (live: Live, promotionId: PromotionId): Promise<string> => {
  const deadline = Date.now() + limitMs;
  while (Date.now() < deadline) {
    const execution = await live.access.executions.describe({ promotionId, continuation: 0 });
    if (execution && execution.status !== 'running') {
      const record = await live.access.promotions.get(promotionId);
      return record?.end?.reason ?? execution.problem ?? execution.status;
    }
    await pauseLive(live, 500);
  }
  throw new LastgoodError('timeout', `promotion ${promotionId} of the bench did not end within ${limitMs / 1000} s`);
};

/** Puts the first release of a service before callers. */
export const putOnline = async (live: Live, service: string, first: PublishedVersion): Promise<void> => {
  const ended = await promotionEnded(live, await startPromotion(live, service, first, planByName('blue-green')));
  const head = await live.access.heads.read(serviceOf(live.access.org, service), production);
  if (head?.stable === first.release) return;
  throw new LastgoodError('internal', `the first release of ${service} did not become stable: ${ended}`);
};
