import { describe, expect, test } from 'vitest';
import { seededRandom } from '#core/canary/seeded-random.ts';
import type { Arm } from '#core/words/arm.ts';
import { freeze, promotion, release, startCanary } from '../../core/version-set/build.ts';
import { type CallFate, WatchedService } from './watched-service.ts';

type Fate = (arm: Arm, index: number) => CallFate;

/** Every so many calls fails on both arms, as long as this has been so. */
const sound: Fate = (_arm, index) => (index % 20 === 7 ? { outcome: 'failed', seconds: 5 } : {});
const stableFails =
  (share: number, seed = 1): Fate =>
  (arm, index) => {
    const random = seededRandom(seed * 10_007 + index);
    random();
    if (arm === 'stable' && random() < share) return { outcome: 'failed', seconds: 5 };
    return sound(arm, index);
  };
const allFail: Fate = () => ({ outcome: 'failed', errorClass: 'llm_error', seconds: 5 });

const isBack = ({ org }: WatchedService): boolean => org.head.stable === release('a');
const kinds = ({ org }: WatchedService): string[] => [...org.history, org.head.lastTransition].map(({ kind }) => kind);

describe('a release that was promoted', () => {
  test('is left alone while it is as it was, and its watch time ends', async () => {
    const service = await WatchedService.promoted(10);
    await service.calls(400, sound);
    expect(kinds(service)).toEqual(['initialize', 'start-canary', 'promote']);
    service.org.nowMs += 24 * 3_600_000;
    await service.calls(20, sound);
    expect(kinds(service)).toEqual(['initialize', 'start-canary', 'promote', 'end-holdback']);
    expect(service.org.head.holdback).toMatchObject({ weightPercent: 0 });
    expect(service.pages).toEqual([]);
  });

  test('that fails half of its calls loses half of its callers, then all, and is barred', async () => {
    const service = await WatchedService.promoted();
    await service.calls(100, sound);
    const calls = await service.calls(400, stableFails(0.5), () => isBack(service));
    // One call a second: these are seconds as well.
    expect(calls).toBeLessThan(240);
    expect(kinds(service)).toEqual(['initialize', 'start-canary', 'promote', 'suspect', 'roll-back']);
    const { lastTransition, stable, lastGood } = service.org.head;
    expect([stable, lastGood]).toEqual([release('a'), release('a')]);
    expect(lastTransition).toMatchObject({
      by: 'lambda:weigh-outcome',
      promotionId: promotion('p'),
      from: { stable: release('b'), holdback: release('a'), weightPercent: 50 },
    });
    expect(lastTransition.reason).toMatch(/^stable fails \d+ of \d+ calls.*, last-good \d+ of \d+: worse/);
    expect([...service.org.quarantined.keys()]).toEqual([release('b')]);
    expect(service.pages.map(({ subject }) => subject)).toEqual([
      '[acme-test] appointments unknown is suspected on release',
      '[acme-test] appointments unknown rolled back on release',
    ]);
    expect(service.pages[0]?.body).toContain('Half of the new calls are on last-good');
    expect(service.org.history.at(-1)).toMatchObject({
      kind: 'suspect',
      follows: [{ kind: 'page-suspicion', release: release('b') }],
    });
  });

  test('on a quiet service loses half of its callers by the fifth bad call, and all by the fifteenth', async () => {
    const service = await WatchedService.promoted();
    service.restart({
      services: [{ name: service.org.head.service, baselineErrorRate: 0.05, expectedCallsPerMinute: 1 / 3 }],
    });
    service.gapSeconds = 180;
    let bad = 0;
    let badBySuspicion = 0;
    await service.calls(400, stableFails(0.5, 3), () => {
      const { sessions, head } = service.org;
      bad = sessions.filter(
        ({ assignment, result }) => assignment.arm === 'stable' && result?.outcome === 'failed',
      ).length;
      if (head.holdback?.suspected && badBySuspicion === 0) badBySuspicion = bad;
      return isBack(service);
    });
    expect(isBack(service)).toBe(true);
    expect(badBySuspicion).toBeLessThanOrEqual(5);
    expect(bad).toBeLessThanOrEqual(15);
  });

  test('invariant 13: an outage of both arms moves callers only towards last-good, bars nobody, and pages once', async () => {
    const service = await WatchedService.promoted();
    await service.calls(100, sound);
    await service.calls(120, allFail);
    expect(kinds(service)).toContain('suspect');
    await service.calls(600, sound);
    expect(isBack(service)).toBe(false);
    expect(kinds(service).filter((kind) => kind === 'suspect')).toHaveLength(1);
    expect(kinds(service).at(-1)).toBe('clear');
    expect(service.org.head.holdback).toMatchObject({ weightPercent: 2 });
    const bars = [...service.org.history, service.org.head.lastTransition].flatMap(({ follows = [] }) => follows);
    expect(bars.filter(({ kind }) => kind === 'quarantine')).toEqual([]);
    expect(bars.filter(({ kind }) => kind === 'page-suspicion')).toHaveLength(1);
    // One page when it begins, and one when it is over.
    expect(service.pages.map(({ subject }) => subject.split(' ').slice(3, 6).join(' '))).toEqual([
      'is suspected on',
      'is healthy again',
    ]);
    expect([...service.org.quarantined.keys()]).toEqual([]);
  });

  test('is not suspected for one caller who redials and fails each time', async () => {
    const service = await WatchedService.promoted();
    await service.calls(600, (arm, index) =>
      index % 11 === 3 ? { outcome: 'failed', caller: 'redialler', seconds: 5 } : sound(arm, index),
    );
    expect(kinds(service)).toEqual(['initialize', 'start-canary', 'promote']);
  });

  test('goes on being suspected where a cold function stopped', async () => {
    const service = await WatchedService.promoted();
    await service.calls(100, sound);
    const calls = await service.calls(400, stableFails(0.5), () => {
      service.restart();
      return isBack(service);
    });
    expect(calls).toBeLessThan(240);
  });

  test('is suspected after the watch time, too, as long as last-good is pinned', async () => {
    const service = await WatchedService.promoted(0);
    await service.calls(100, sound);
    const calls = await service.calls(400, stableFails(0.5), () => isBack(service));
    expect(calls).toBeLessThan(240);
  });

  test('loses its callers without being barred when a provider that only it uses is down', async () => {
    const service = await WatchedService.promoted(2, { releases: releasesWith('vendor-x', 'vendor-y') });
    await service.calls(100, sound);
    await service.calls(
      400,
      (arm, index) =>
        arm === 'stable' ? { outcome: 'failed', errorClass: 'llm_timeout', seconds: 5 } : sound(arm, index),
      () => isBack(service),
    );
    const { lastTransition } = service.org.head;
    expect(lastTransition.reason).toContain(
      'language model provider vendor-x, which last-good does not use (vendor-y)',
    );
    expect([...service.org.quarantined.keys()]).toEqual([]);
  });

  test('frozen, still loses half of its callers, who do not return before the freeze ends', async () => {
    const service = await WatchedService.promoted();
    await service.calls(100, sound);
    await service.org.move(freeze);
    await service.calls(120, allFail);
    expect(service.org.head.holdback).toMatchObject({ weightPercent: 50 });
    await service.calls(600, sound);
    expect(kinds(service).at(-1)).toBe('suspect');
    await service.org.move({ kind: 'unfreeze', reason: 'back' });
    await service.calls(600, sound, () => kinds(service).at(-1) === 'clear');
    expect(kinds(service).at(-1)).toBe('clear');
  });

  test('keeps its callers while a canary runs, and people are told', async () => {
    const service = await WatchedService.promoted();
    await service.calls(100, sound);
    await service.org.move(
      startCanary({
        promotionId: promotion('q'),
        release: release('c'),
        seenRevision: 3,
        exposureUntil: new Date(service.org.nowMs + 3_600_000).toISOString(),
      }),
    );
    await service.calls(120, allFail);
    expect(kinds(service).at(-1)).toBe('start-canary');
    expect(service.pages).toHaveLength(1);
    expect(service.pages[0]?.body).toContain('a canary runs');
  });

  test('dearer or more often handed over than it was is suspected as well', async () => {
    for (const fate of [{ costUsd: 1.5 }, { outcome: 'escalated' as const }]) {
      const service = await WatchedService.promoted();
      await service.calls(100, sound);
      await service.calls(120, (arm, index) => (arm === 'stable' ? fate : sound(arm, index)));
      expect(kinds(service)).toContain('suspect');
    }
  });
});

describe('a stable release without a last-good', () => {
  test('stays, and people are told once', async () => {
    const service = await WatchedService.promoted();
    await service.org.move({ kind: 'roll-back', reason: 'by hand' });
    await service.org.carryOut();
    const [rolledBack, ...before] = service.pages;
    expect([rolledBack?.subject, ...before]).toEqual(['[acme-test] appointments unknown rolled back on release']);
    await service.calls(200, (_arm, index) => (index < 100 ? sound('stable', index) : allFail('stable', index)));
    expect(service.org.head.stable).toBe(release('a'));
    expect(service.pages).toHaveLength(2);
    expect(service.pages[1]?.body).toContain('no other release is known to be good');
  });
});

const releasesWith = (stable: string, lastGood: string) => ({
  get: (id: string) =>
    Promise.resolve({ version: '1.0', manifest: { model: modelOf(id === release('b') ? stable : lastGood) } } as never),
});

const modelOf = (provider: string) => ({ provider, stt: { provider: 'ears' }, tts: { provider: 'mouth' } });
