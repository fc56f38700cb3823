import { isLastgoodError, LastgoodError } from '#core/errors.ts';
import { type HostLease, type HostStore, isLive } from '#core/host/leases.ts';
import type { OverlayCheck } from '#core/overlay/overlay-check.ts';
import { outlookOf } from '#core/promotion/outlook.ts';
import type { PromotionInput } from '#core/promotion/promotion-input.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import { type Problem, readinessProblems } from '#core/promotion/readiness.ts';
import { type ServiceSettings, settingsOf } from '#core/promotion/service-settings.ts';
import type { Promotion, ValidateInput } from '#core/promotion/steps.ts';
import { type Validated } from '#core/promotion/steps.ts';
import type { Traffic } from '#core/promotion/traffic.ts';
import { loadRelease, type ReleaseContent } from '#core/release/content.ts';
import type { ReleaseRegistry } from '#core/release/release-registry.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import type { Digest } from '#core/words/digest.ts';

export interface ValidatePorts {
  readonly heads: Pick<HeadStore, 'read'>;
  readonly releases: Pick<ReleaseRegistry, 'get' | 'standing'>;
  readonly part: (digest: Digest) => Promise<Uint8Array>;
  readonly hosts: Pick<HostStore, 'list'>;
  readonly overlays: OverlayCheck;
  readonly traffic: Traffic;
  readonly promotions: Pick<PromotionStore, 'record'>;
  readonly services: ServiceSettings;
  readonly maxCallsPerHost: number;
  readonly now: () => Date;
}

/** Everything that can refuse a promotion before it costs anything: reads only, except for the promotion's own record. */
export const validate =
  (ports: ValidatePorts) =>
  async ({ promotion, executionArn, startedAt }: ValidateInput): Promise<Validated> => {
    const { service, set, plan } = promotion;
    const head = await ports.heads.read(service, set);
    await recordPromotion(ports, promotion, head, { executionArn, startedAt });
    const { baselineErrorRate, expectedCallsPerMinute } = settingsOf(ports.services, service);
    const problems = await problemsOf(ports, promotion, head);
    const measured = await ports.traffic.callsPerMinute(service, set, ports.now());
    const outlook =
      head === undefined
        ? undefined
        : outlookOf(plan, { callsPerMinute: measured ?? expectedCallsPerMinute, baselineErrorRate });
    refuse([...problems, ...(outlook?.problem ? [outlook.problem] : [])], promotion);
    return {
      seenRevision: head?.revision ?? 0,
      ...(head && { incumbent: head.stable }),
      ...(outlook && { forecast: outlook.text }),
    };
  };

/** The first problem names the error; all of them are told. */
const refuse = (problems: readonly Problem[], { version, service, set }: Promotion): void => {
  const [first] = problems;
  if (first === undefined) return;
  throw new LastgoodError(
    first.code,
    `${version} cannot be promoted to ${service}/${set}: ${problems.map(({ text }) => text).join('; ')}`,
    { details: { problems: problems.map(({ text }) => text) } },
  );
};

const recordPromotion = async (
  { promotions }: ValidatePorts,
  input: PromotionInput,
  head: Head | undefined,
  { executionArn, startedAt }: Pick<ValidateInput, 'executionArn' | 'startedAt'>,
): Promise<void> => {
  await promotions.record({
    input,
    executionArn,
    startedAt: new Date(startedAt).toISOString(),
    ...(head && { incumbent: head.stable }),
  });
};

const problemsOf = async (
  ports: ValidatePorts,
  promotion: Promotion,
  head: Head | undefined,
): Promise<readonly Problem[]> => {
  const { promotionId, service, release } = promotion;
  const nowMs = ports.now().getTime();
  const live = async (id: Head['stable'] | undefined): Promise<readonly HostLease[]> =>
    id === undefined ? [] : (await ports.hosts.list(service, id)).filter((host) => isLive(host, nowMs));
  const [registered, standing, stableHosts, lastGoodHosts] = await Promise.all([
    ports.releases.get(release),
    ports.releases.standing(release),
    live(head?.stable),
    live(head?.lastGood),
  ]);
  const content = registered && (await readContent(ports, registered.manifest));
  const isContent = content !== undefined && 'manifest' in content;
  const carriers = head && head.lastGood !== head.stable ? [...stableHosts, ...lastGoodHosts] : stableHosts;
  return readinessProblems({
    nowMs,
    promotionId,
    service,
    release,
    head,
    standing,
    manifestService: registered?.manifest.service,
    ...(content && !isContent && { contentProblem: content }),
    stableHosts,
    lastGoodHosts,
    liveCalls: carriers.reduce((sum, { activeSessions }) => sum + activeSessions, 0),
    maxCallsPerHost: ports.maxCallsPerHost,
    overlayProblems: isContent ? await ports.overlays.problems(service, content) : [],
  });
};

/** Every part, read and compared with its digest: what a host will do, before there is a host (R3). */
const readContent = async (
  { part }: ValidatePorts,
  manifest: ReleaseContent['manifest'],
): Promise<ReleaseContent | Problem> => {
  try {
    return await loadRelease(manifest, part);
  } catch (error) {
    if (isLastgoodError(error) && !error.retryable) return { code: error.code, text: error.message };
    throw error;
  }
};
