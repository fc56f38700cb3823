import { beforeEach, describe, expect, test } from 'vitest';
import { planByName } from '#core/canary/plans.ts';
import { isLastgoodError } from '#core/errors.ts';
import type { ReleaseBuild } from '#core/release/assemble.ts';
import { assembleRelease } from '#core/release/assemble.ts';
import type { Validated } from '#core/promotion/steps.ts';
import type { MeasuredTraffic } from '#operations/session/measure-traffic.ts';
import { validatePromotion } from '#operations/promotion/validate-promotion.ts';
import type { PromotionInput } from '#core/promotion/promotion-input.ts';
import { agentSource, storeOf } from '../../core/release/agent-builder.ts';
import { promotion, release } from '../../core/version-set/build.ts';
import { FakeOrg, aPlan, aPromotion } from '../fake-org.ts';

describe('validate', () => {
  let org: FakeOrg;
  let build: ReleaseBuild;
  let traffic: MeasuredTraffic;
  let stage: 'production' | 'staging';
  let broken: boolean;
  let overlayProblems: readonly string[];
  const run = (changes: Partial<PromotionInput> = {}): Promise<Validated> =>
    validatePromotion({
      heads: org.heads,
      releases: {
        get: () =>
          Promise.resolve({
            releaseId: build.id,
            service: build.manifest.service,
            version: build.manifest.version,
            publishedAt: org.now().toISOString(),
            publishedBy: 'ci',
            manifest: build.manifest,
          }),
      },
      part: async (digest) => {
        const bytes = await storeOf(build)(digest);
        return broken ? new TextEncoder().encode('other bytes') : bytes;
      },
      hosts: org.hosts,
      checkOverlays: () => Promise.resolve(overlayProblems),
      measureTraffic: () => Promise.resolve(traffic),
      promotions: org.promotions,
      services: org.services,
      stage,
      maxCallsPerHost: 10,
      clock: org.clock,
    })({
      promotion: aPromotion({ release: build.id, ...changes }),
      executionArn: 'arn:aws:states:execution',
      startedAt: org.now().toISOString(),
    });
  const refusal = async (changes: Partial<PromotionInput> = {}) => {
    const error: unknown = await run(changes).catch((caught: unknown) => caught);
    return isLastgoodError(error) ? `${error.code}: ${error.message}` : error;
  };
  beforeEach(async () => {
    org = new FakeOrg();
    build = await assembleRelease(agentSource());
    traffic = { callsPerMinute: 120 };
    stage = 'production';
    broken = false;
    overlayProblems = [];
  });
  const withStable = async (): Promise<void> => {
    await org.move({ kind: 'initialize', release: release('a'), reason: 'first' });
    org.addHost(release('a'), { activeSessions: 3 });
  };

  test('lets the first release of a set pass without a forecast', async () => {
    expect(await run()).toEqual({ seenRevision: 0 });
  });

  test('refuses a release that a transition bars, before anybody has carried that out', async () => {
    await withStable();
    await org.move(
      {
        kind: 'start-canary',
        promotionId: promotion('q'),
        release: build.id,
        weightPercent: 5,
        seenRevision: 1,
        reason: 'x',
        exposureUntil: new Date(org.nowMs + 60_000).toISOString(),
      },
      { kind: 'abort', promotionId: promotion('q'), reason: 'fails more', quarantine: true },
    );
    expect(org.quarantined.size).toBe(0);
    expect(await refusal()).toMatch(/^quarantined: .*is quarantined/);
  });

  test('refuses to run a promotion again that is over', async () => {
    await withStable();
    await run();
    const end = { outcome: 'aborted', reason: 'fails more', by: 'ci', endedAt: org.now().toISOString() } as const;
    await org.promotions.end(aPromotion().promotionId, end);
    expect(await refusal()).toMatch(/attempt 1 .* is over: aborted .*fails more.* --attempt 2/);
  });

  test('says what the checks saw and how long the canary will probably take', async () => {
    await withStable();
    const { seenRevision, incumbent, forecast } = await run();
    expect({ seenRevision, incumbent }).toEqual({ seenRevision: 1, incumbent: release('a') });
    expect(forecast).toMatch(/at 120.0 calls a minute .* conclude/);
  });

  test('records the promotion, also one that it refuses', async () => {
    await withStable();
    overlayProblems = ['the overlay of customer clinic does not fit: voice: is locked'];
    await refusal();
    expect(org.promotionRecords.get(promotion('p'))).toMatchObject({
      executionArn: 'arn:aws:states:execution',
      incumbent: release('a'),
    });
  });

  test('refuses a canary that cannot conclude, with what would make it possible', async () => {
    await withStable();
    traffic = { callsPerMinute: 0.2 };
    const text = await refusal({ plan: aPlan({ deadlineMinutes: 30 }) });
    expect(text).toMatch(/^cannot-conclude: .*probability of \d+ %/);
  });

  test('expects what the org says while there is too little traffic to measure', async () => {
    await withStable();
    traffic = {};
    expect((await run()).forecast).toContain('at 60.0 calls a minute');
  });

  test('refuses a service with more calls than its judges weigh in time, and says how many that are', async () => {
    await withStable();
    traffic = { callsPerMinute: 6_100 };
    expect(await refusal()).toMatch(/^cannot-conclude: .*6100 calls a minute are above 6000/);
    traffic = { callsPerMinute: 1_000 };
    const plan = aPlan({ outcomeWindowMinutes: 120, evidenceDeadlineMinutes: 240, deadlineMinutes: 1_440 });
    expect(await refusal({ plan })).toMatch(/121000 calls that are not settled, above 70000.*: set it to 69 or less/);
  });

  test('refuses a window that one call in a hundred outlives', async () => {
    await withStable();
    traffic = { callsPerMinute: 120, p99CallMinutes: 7.2 };
    expect(await refusal()).toMatch(
      /^cannot-conclude: [^]*one call in a hundred is longer than 7.2 minutes: it must be at least 8/,
    );
    traffic = { callsPerMinute: 120, p99CallMinutes: 0.9 };
    expect((await run()).forecast).toContain('conclude');
  });

  test('refuses plans in production that are for demonstrations or nearly promote anything', async () => {
    await withStable();
    expect(await refusal({ plan: planByName('tour') })).toMatch(
      /^invalid-input: .*name: plan tour is for demonstrations/,
    );
    const wide = aPlan({ marginPercentagePoints: 15 });
    expect(await refusal({ plan: wide })).toMatch(/errorRate.marginPercentagePoints: a margin of 15 points/);
    stage = 'staging';
    expect((await run({ plan: wide })).forecast).toContain('conclude');
  });

  test('reads every part, and refuses one whose bytes are not what its digest says', async () => {
    await withStable();
    broken = true;
    expect(await refusal()).toMatch(/^digest-mismatch: .*Publish it again/);
  });

  test('refuses overlays that do not fit, naming the customer', async () => {
    await withStable();
    overlayProblems = ['the overlay of customer clinic does not fit: voice: is locked'];
    expect(await refusal()).toContain('customer clinic');
  });

  test('refuses a quarantined release and a second promotion', async () => {
    await withStable();
    org.quarantined.set(build.id, 'failed before');
    expect(await refusal()).toMatch(/^quarantined:/);
    const other = new FakeOrg();
    org = other;
    await org.startCanary();
    org.addHost(release('a'));
    expect(await refusal({ promotionId: promotion('another') })).toMatch(/^transition-refused: .*runs on/);
  });

  test('refuses when the pool to go back to is smaller than what is live', async () => {
    await org.move({ kind: 'initialize', release: release('a'), reason: 'first' });
    org.addHost(release('a'), { activeSessions: 11 });
    expect(await refusal()).toMatch(/^pool-not-ready: .*at most 10 calls and 11 are live/);
  });
});
