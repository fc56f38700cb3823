import { beforeEach, describe, expect, test } from 'vitest';
import { promotionIdOf } from '#core/promotion/promotion-input.ts';
import type { RegisteredRelease } from '#core/release/release-registry.ts';
import { VersionLabel } from '#core/release/version-label.ts';
import { requestPromotion } from '#operations/promotion/request-promotion.ts';
import { productionSet, promote, release, rollBack, service } from '../../core/version-set/build.ts';
import { anOrg } from '../../lib/synth-org.ts';
import { aPlan, aPromotion, FakeOrg } from '../fake-org.ts';

const dayMs = 86_400_000;

describe('asking for a promotion', () => {
  let org: FakeOrg;
  const what = { org: anOrg().name, service, set: productionSet, release: release('b') };
  const idOf = (attempt: number) => promotionIdOf({ ...what, attempt });
  const ask = (attempt = 1, requestedBy = 'ci') => {
    const { executions, releases } = org.memory;
    const resolve = () =>
      Promise.resolve({ releaseId: release('b'), version: VersionLabel.parse('1.1') } as unknown as RegisteredRelease);
    const stores = {
      org: anOrg(),
      heads: org.heads,
      releases: { ...releases, resolve },
      executions,
      promotions: org.promotions,
    };
    return requestPromotion(stores, {
      service,
      set: productionSet,
      release: '1.1',
      plan: aPlan(),
      attempt,
      requestedBy,
    });
  };
  /** The canary of an attempt, as its workflow would have started it. */
  const canary = () => org.startCanary(aPromotion({ ...what, promotionId: idOf(1) }));
  beforeEach(() => {
    org = new FakeOrg();
  });

  test('starts it once, whoever asks for the same', async () => {
    const { promotion } = await ask();
    expect(promotion).toMatchObject({ promotionId: idOf(1), requestedBy: 'ci' });
    await canary();
    expect((await ask(1, 'jo')).promotion.requestedBy).toBe('ci');
  });

  test('is refused when that attempt was aborted, with how it ended and the next attempt', async () => {
    await ask();
    await canary();
    await org.move({ kind: 'abort', promotionId: idOf(1), reason: 'fails more' });
    await org.carryOut();
    org.memory.executions.finish({ promotionId: idOf(1), continuation: 0 }, 'succeeded');
    await expect(ask()).rejects.toMatchObject({
      code: 'transition-refused',
      message: expect.stringMatching(/attempt 1 .* is over: aborted at .*fails more.* start attempt 2: --attempt 2/),
    });
    await org.promotions.record({
      input: { ...aPromotion(), attempt: 2, promotionId: idOf(2) },
      executionArn: 'arn',
      startedAt: org.now().toISOString(),
    });
    await expect(ask()).rejects.toThrow(/start attempt 3/);
  });

  test('never runs an attempt again, though AWS has forgotten its execution after 90 days', async () => {
    await ask();
    await canary();
    await org.move({ kind: 'abort', promotionId: idOf(1), reason: 'fails more' });
    await org.carryOut();
    org.memory.executions.finish({ promotionId: idOf(1), continuation: 0 }, 'succeeded');
    org.nowMs += 91 * dayMs;
    expect(await org.memory.executions.describe({ promotionId: idOf(1), continuation: 0 })).toBeUndefined();
    await expect(ask()).rejects.toMatchObject({ code: 'transition-refused' });
    expect(await org.memory.executions.describe({ promotionId: idOf(1), continuation: 0 })).toBeUndefined();
  });

  test('answers with the end when its release is stable, and is refused once callers have left it', async () => {
    await ask();
    await canary();
    await org.move({
      ...promote(),
      promotionId: idOf(1),
      evidence: { verdict: 'promote', decision: 'd', decidedAt: org.now().toISOString() },
    });
    await org.carryOut();
    expect((await ask()).end).toMatchObject({ outcome: 'promoted' });
    await org.move(rollBack('b'));
    await expect(ask()).rejects.toThrow(/is over: promoted .* --attempt 2/);
  });

  test('is refused when its execution ended and nobody has said how yet', async () => {
    await ask();
    await canary();
    await org.memory.executions.stop({ promotionId: idOf(1), continuation: 0 }, 'by hand');
    await expect(ask()).rejects.toMatchObject({ code: 'transition-refused' });
  });

  test('is refused for a release that a transition bars, before that has been carried out', async () => {
    await canary();
    await org.move({ kind: 'abort', promotionId: idOf(1), reason: 'fails more', quarantine: true });
    expect(org.quarantined.size).toBe(0);
    await expect(ask(2)).rejects.toMatchObject({ code: 'quarantined' });
  });
});
