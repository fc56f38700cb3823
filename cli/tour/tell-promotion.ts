import { setTimeout as pause } from 'node:timers/promises';
import { planByName } from '#core/canary/plans.ts';
import { comparison, odds } from '#core/canary/reason.ts';
import { DecisionRecord } from '#core/canary/decision.ts';
import { LastgoodError } from '#core/errors.ts';
import type { ServiceName, SetName } from '#core/org/names.ts';
import { loadRelease } from '#core/release/content.ts';
import { diffReleases } from '#core/release/diff.ts';
import { renderDiff } from '#core/release/render-diff.ts';
import type { ReleaseId } from '#core/release/digest.ts';
import type { VersionLabel } from '#core/release/version-label.ts';
import { type PromotionInput, promotionIdOf } from '#core/version-set/promotion.ts';
import type { OrgAccess } from '../org-access.ts';
import type { Screen } from './screen.ts';

export interface PromotionRequest {
  readonly service: ServiceName;
  readonly set: SetName;
  readonly release: ReleaseId;
  readonly version: VersionLabel;
  readonly plan: string;
}

/** How a promotion ended. */
export interface PromotionTold {
  readonly promotionId: PromotionInput['promotionId'];
  readonly outcome: 'promoted' | 'aborted';
  readonly reason: string;
}

const pollMs = 500;
const limitMs = 300_000;

/**
 * Starts a promotion as CI would, and says what it does until it is over.
 * @throws LastgoodError `timeout`, `interrupted`
 */
export const tellPromotion = async (
  access: OrgAccess,
  request: PromotionRequest,
  screen: Screen,
  signal: AbortSignal,
): Promise<PromotionTold> => {
  const { service, set, release, version } = request;
  const identity = { org: access.org.name, service, set, release, attempt: 1 };
  const promotionId = promotionIdOf(identity);
  const input: PromotionInput = {
    ...identity,
    promotionId,
    version,
    plan: planByName(request.plan),
    requestedBy: 'tour',
    continuation: 0,
  };
  await access.executions.start(input);
  const deadline = Date.now() + limitMs;
  while (Date.now() < deadline) {
    if (signal.aborted) throw new LastgoodError('interrupted', `the tour was stopped while ${version} was promoted`);
    const record = await access.promotions.get(promotionId);
    const execution = await access.executions.describe(input);
    if (record?.end && execution?.status !== 'running')
      return { promotionId, outcome: record.end.outcome, reason: record.end.reason };
    if (execution && execution.status !== 'running' && !record?.end)
      return { promotionId, outcome: 'aborted', reason: execution.problem ?? `the execution ended as ${execution.status}` };
    screen.status(`${version}: ${await progressLine(access, input)}`);
    await pause(pollMs);
  }
  throw new LastgoodError('timeout', `the promotion of ${version} was not over within ${limitMs / 1_000} s`);
};

const progressLine = async (access: OrgAccess, input: PromotionInput): Promise<string> => {
  const head = await access.heads.read(input.service, input.set);
  if (head?.candidate?.promotionId !== input.promotionId) {
    const [state] = await access.executions.statesEntered(input);
    return state ?? 'starting';
  }
  const [decision] = await access.promotions.decisions(input.promotionId, 1);
  const parsed = DecisionRecord.safeParse(decision?.record);
  const weight = `${head.candidate.weightPercent} % of new callers`;
  if (!parsed.success) return `${weight}, no call weighed yet`;
  const { verdict, plan } = parsed.data;
  const { errorRate } = verdict.metrics;
  const evidence = `evidence worse ${odds(errorRate.logEAbort)}, no worse ${odds(errorRate.logEPromote)}`;
  return `${weight}; ${comparison('errorRate', verdict.metrics, plan)}; ${evidence}; ${verdict.verdict}`;
};

/** The exact difference of two releases, for people. */
export const tellDiff = async (access: OrgAccess, from: ReleaseId, to: ReleaseId): Promise<string> => {
  const contents = await Promise.all(
    [from, to].map(async (id) => {
      const release = await access.releases.get(id);
      if (!release) throw new LastgoodError('not-found', `release ${id} is not registered in ${access.org.name}`);
      return loadRelease(release.manifest, access.artifacts.get);
    }),
  );
  const [before, after] = contents;
  if (!before || !after) throw new LastgoodError('internal', 'a diff has two sides');
  return renderDiff(diffReleases(before, after));
};
