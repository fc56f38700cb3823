import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { executions } from '#aws/executions.ts';
import { headStore } from '#aws/head-store.ts';
import { outbox } from '#aws/outbox.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { releaseEvidence } from '#aws/release-evidence.ts';
import { releaseRegistry } from '#aws/release-registry.ts';
import { planByName } from '#core/canary/plans.ts';
import { resourceNames } from '#core/org/resource-names.ts';
import { type PromotionInput, promotionIdOf } from '#core/promotion/promotion-input.ts';
import type { Command } from '#core/version-set/command.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { SetName } from '#core/words/names.ts';
import { service } from '../core/version-set/build.ts';
import { type OrgCloud, startOrgCloud } from './org-cloud.ts';
import { registrationOf } from './registration.ts';

/** The real functions, on the real stream and the real event rule of the templates. */
let cloud: OrgCloud;
let stable: ReleaseId;
let candidate: ReleaseId;
beforeAll(async () => {
  cloud = await startOrgCloud({ bundled: true });
  const releases = releaseRegistry(cloud.tables.registry);
  const register = async (version: string) =>
    (await releases.register(registrationOf(service, version))).release.releaseId;
  [stable, candidate] = [await register('1.0'), await register('1.1')];
});
afterAll(() => cloud.stop());

const patience = { timeout: 60_000, interval: 100 };

/** A canary that runs on a set of its own. */
const startCanary = async (set: SetName, continuation = 0): Promise<PromotionInput> => {
  const { registry } = cloud.tables;
  const what = { org: cloud.org.name, service, set, release: candidate, attempt: 1 };
  const { version } = (await releaseRegistry(registry).get(candidate))!;
  const promotionId = promotionIdOf(what);
  const input = { ...what, promotionId, version, plan: planByName('standard'), requestedBy: 'test', continuation };
  await promotionStore(registry).record({
    input,
    executionArn: 'arn',
    startedAt: new Date().toISOString(),
    incumbent: stable,
  });
  await move(set, { kind: 'initialize', release: stable, reason: 'first' });
  await move(set, {
    kind: 'start-canary',
    promotionId,
    release: candidate,
    weightPercent: 5,
    exposureUntil: new Date(Date.now() + 600_000).toISOString(),
    seenRevision: 1,
    reason: 'canary',
  });
  return input;
};

const move = async (set: SetName, command: Command): Promise<void> => {
  const result = await headStore(cloud.tables.registry).apply(service, set, command, { by: 'test' });
  expect(result.kind).toBe('moved');
};

const pagesAbout = (set: SetName): readonly string[] =>
  cloud.cloud.services.sns
    .messages({ account: cloud.org.account, region: cloud.org.region }, resourceNames.pagesTopic)
    .flatMap(({ subject = '' }) => (subject.endsWith(` on ${set}`) ? [subject] : []));

describe('what follows, through the stream of the registry', () => {
  test('an abort is followed by the end and a page, and then by nothing', async () => {
    const set = SetName.parse('aborted');
    const { promotionId } = await startCanary(set);
    const { registry } = cloud.tables;
    await move(set, { kind: 'abort', promotionId, reason: 'fails more' });
    await expect
      .poll(async () => (await promotionStore(registry).get(promotionId))?.end, patience)
      .toMatchObject({ outcome: 'aborted', reason: 'fails more', by: 'test' });
    await expect.poll(() => pagesAbout(set), patience).toEqual(['[acme-test] appointments 1.1 aborted on aborted']);
    await expect.poll(() => outbox(registry).pending(service, set, 10), patience).toEqual([]);
    await move(set, { kind: 'freeze', reason: 'look' });
    await expect.poll(() => outbox(registry).pending(service, set, 10), patience).toEqual([]);
    expect(pagesAbout(set)).toHaveLength(1);
  });

  test('an execution that is stopped leads to an abort and a page', async () => {
    const set = SetName.parse('stopped');
    const input = await startCanary(set, 1);
    const { registry } = cloud.tables;
    const arn = `arn:aws:states:${cloud.org.region}:${cloud.org.account}:stateMachine:${resourceNames.promotionStateMachine}`;
    const running = executions(cloud.connection, arn);
    await running.start(input);
    await expect.poll(() => running.statesEntered(input), patience).toContain('WaitForEvidence');
    await running.stop(input, 'by hand');
    await expect
      .poll(async () => (await headStore(registry).read(service, set))?.lastTransition, patience)
      .toMatchObject({ kind: 'abort', by: 'lambda:execution-ended', reason: 'its execution was stopped: by hand' });
    await expect
      .poll(async () => (await promotionStore(registry).get(input.promotionId))?.end, patience)
      .toMatchObject({ outcome: 'aborted', reason: 'its execution was stopped: by hand' });
    await expect.poll(() => pagesAbout(set), patience).toEqual(['[acme-test] appointments 1.1 aborted on stopped']);
  });

  test('a release that was measured to be bad stands as quarantined at once, and is barred soon after', async () => {
    const set = SetName.parse('barred');
    const { promotionId } = await startCanary(set);
    const { registry } = cloud.tables;
    await move(set, { kind: 'abort', promotionId, reason: 'fails more', quarantine: true });
    expect(await headStore(registry).standing(service, candidate)).toBe('quarantined');
    await expect
      .poll(() => releaseEvidence(registry).quarantineOf(candidate), patience)
      .toMatchObject({ reason: 'fails more', promotionId, by: 'test' });
    expect(await headStore(registry).standing(service, candidate)).toBe('quarantined');
    await expect.poll(() => pagesAbout(set), patience).toHaveLength(1);
  });
});
