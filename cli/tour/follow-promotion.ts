import type { Clock } from '#core/clock.ts';
import { planByName } from '#core/canary/plans.ts';
import { LastgoodError } from '#core/errors.ts';
import { loadRelease } from '#core/release/content.ts';
import { diffReleases } from '#core/release/diff.ts';
import { renderDiff } from '#core/release/render-diff.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { PromotionId } from '#core/words/ids.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import type { OrgAccess } from '../org/org-access.ts';
import { observePromotion } from '#operations/canary/observe-promotion.ts';
import { requestPromotion } from '#operations/promotion/request-promotion.ts';
import { watchPromotion } from '../promotion/watch-promotion.ts';
import type { Screen } from '../terminal/screen.ts';

export interface PromotionFollowed {
  readonly promotionId: PromotionId;
  readonly outcome: 'promoted' | 'aborted';
  readonly reason: string;
}

export interface PromotionToFollow {
  readonly service: ServiceName;
  readonly set: SetName;
  readonly release: ReleaseId;
  readonly plan: string;
}

export interface FollowOptions {
  readonly screen: Screen;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Starts a promotion as CI would, and says what it does until it is over.
 * @throws LastgoodError `interrupted`, and what starting and watching raise
 */
export const followPromotion = async (
  access: OrgAccess,
  { service, set, release, plan }: PromotionToFollow,
  { screen, signal, clock }: FollowOptions,
): Promise<PromotionFollowed> => {
  const { promotion: input } = await requestPromotion(access, {
    service,
    set,
    release,
    plan: planByName(plan),
    attempt: 1,
    requestedBy: 'tour',
  });
  const end = await watchPromotion({
    observe: () => observePromotion(access, input, clock.now()),
    tell: (line) => screen.status(`${input.version}: ${line}`),
    clock,
    signal,
  });
  if (end === undefined)
    throw new LastgoodError('interrupted', `the tour was stopped while ${input.version} was promoted`);
  return { promotionId: input.promotionId, outcome: end.outcome, reason: end.reason };
};

/** The exact difference of two releases, for people. */
export const diffText = async (access: OrgAccess, from: ReleaseId, to: ReleaseId): Promise<string> => {
  const contentOf = async (id: ReleaseId) => {
    const release = await access.releases.get(id);
    if (!release) throw new LastgoodError('not-found', `release ${id} is not registered in ${access.org.name}`);
    return loadRelease(release.manifest, access.artifacts.get);
  };
  return renderDiff(diffReleases(await contentOf(from), await contentOf(to)));
};
