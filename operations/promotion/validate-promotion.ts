import type { CanaryPlan } from '#core/canary/plan.ts';
import { planProblems } from '#core/canary/plan-problems.ts';
import { type Clock, timestampOf } from '#core/clock.ts';
import { isLastgoodError, LastgoodError } from '#core/errors.ts';
import { type HostLease, type HostStore, isLive } from '#core/host/leases.ts';
import type { Stage } from '#core/org/org.ts';
import { outlookOf } from '#core/promotion/outlook.ts';
import type { PromotionInput } from '#core/promotion/promotion-input.ts';
import { overText, type PromotionStore } from '#core/promotion/promotion-store.ts';
import { type Problem, readinessProblems } from '#core/promotion/readiness.ts';
import { type ServiceSettings, settingsOf } from '#core/promotion/service-settings.ts';
import type { Promotion, Validated, ValidateInput } from '#core/promotion/steps.ts';
import { loadRelease, type ReleaseContent } from '#core/release/content.ts';
import type { ReleaseRegistry } from '#core/release/release-registry.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import type { Digest } from '#core/words/digest.ts';
import type { checkOverlays } from '../release/check-overlays.ts';
import type { measureTraffic } from '../session/measure-traffic.ts';

export interface ValidatePromotionPorts {
  readonly heads: Pick<HeadStore, 'read' | 'standing'>;
  readonly releases: Pick<ReleaseRegistry, 'get'>;
  readonly part: (digest: Digest) => Promise<Uint8Array>;
  readonly hosts: Pick<HostStore, 'list'>;
  readonly checkOverlays: ReturnType<typeof checkOverlays>;
  readonly measureTraffic: ReturnType<typeof measureTraffic>;
  readonly promotions: Pick<PromotionStore, 'record' | 'get'>;
  readonly services: ServiceSettings;
  /** Of the org: production allows less. */
  readonly stage: Stage;
  readonly maxCallsPerHost: number;
  readonly clock: Clock;
  /** Whether the canary can conclude at this traffic; seconds of work. @default `outlookOf` */
  readonly outlook?: typeof outlookOf;
}

/** Everything that can refuse a promotion before it costs anything: reads only, except for the promotion's own record. */
export const validatePromotion =
  (ports: ValidatePromotionPorts) =>
  async ({ promotion, executionArn, startedAt }: ValidateInput): Promise<Validated> => {
    const { service, set, plan } = promotion;
    const head = await ports.heads.read(service, set);
    const ended = await recordPromotion(ports, promotion, head, { executionArn, startedAt });
    const { baselineErrorRate, expectedCallsPerMinute } = settingsOf(ports.services, service);
    const problems = [...planRefusals(plan, ports.stage), ...ended, ...(await problemsOf(ports, promotion, head))];
    const measured = await ports.measureTraffic(service, set);
    const outlook =
      head === undefined
        ? undefined
        : (ports.outlook ?? outlookOf)(plan, {
            callsPerMinute: expectedCallsPerMinute,
            baselineErrorRate,
            ...measured,
          });
    refuse([...problems, ...(outlook?.problem ? [outlook.problem] : [])], promotion);
    return {
      seenRevision: head?.revision ?? 0,
      ...(head && { incumbent: head.stable }),
      ...(outlook && { forecast: outlook.text }),
    };
  };

const planRefusals = (plan: CanaryPlan, stage: Stage): readonly Problem[] =>
  planProblems(plan, { stage }).map(({ field, text }) => ({ code: 'invalid-input', text: `${field}: ${text}` }));

/** The first problem names the error; all of them are in its message. */
const refuse = (problems: readonly Problem[], { version, service, set }: Promotion): void => {
  const [first] = problems;
  if (first === undefined) return;
  throw new LastgoodError(
    first.code,
    `${version} cannot be promoted to ${service}/${set}: ${problems.map(({ text }) => text).join('; ')}`,
    { details: { problems: problems.map(({ text }) => text) } },
  );
};

/** Step Functions forgets an execution after 90 days, and would run the same start again: its record says that it is over. */
const recordPromotion = async (
  { promotions }: ValidatePromotionPorts,
  input: PromotionInput,
  head: Head | undefined,
  { executionArn, startedAt }: Pick<ValidateInput, 'executionArn' | 'startedAt'>,
): Promise<readonly Problem[]> => {
  const isNew = await promotions.record({
    input,
    executionArn,
    startedAt: timestampOf(Date.parse(startedAt)),
    ...(head && { incumbent: head.stable }),
  });
  const end = isNew ? undefined : (await promotions.get(input.promotionId))?.end;
  return end ? [{ code: 'transition-refused', text: overText(input, end, input.attempt + 1) }] : [];
};

const problemsOf = async (
  ports: ValidatePromotionPorts,
  promotion: Promotion,
  head: Head | undefined,
): Promise<readonly Problem[]> => {
  const { promotionId, service, release } = promotion;
  const nowMs = ports.clock.now();
  const live = async (id: Head['stable'] | undefined): Promise<readonly HostLease[]> =>
    id === undefined ? [] : (await ports.hosts.list(service, id)).filter((host) => isLive(host, nowMs));
  const [registered, standing, stableHosts, lastGoodHosts] = await Promise.all([
    ports.releases.get(release),
    ports.heads.standing(service, release),
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
    overlayProblems: isContent ? await ports.checkOverlays(service, content) : [],
  });
};

/** Every part, read and compared with its digest: what a host will do, before there is a host (R3). */
const readContent = async (
  { part }: ValidatePromotionPorts,
  manifest: ReleaseContent['manifest'],
): Promise<ReleaseContent | Problem> => {
  try {
    return await loadRelease(manifest, part);
  } catch (error) {
    if (isLastgoodError(error) && !error.retryable) return { code: error.code, text: error.message };
    throw error;
  }
};
