import { describe, expect, test } from 'vitest';
import type { Command } from '#core/version-set/command.ts';
import type { Head } from '#core/version-set/head.ts';
import { transition } from '#core/version-set/transition.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { type ServiceName, SetName } from '#core/words/names.ts';
import { abort, at, context, promotion, startCanary } from '../../core/version-set/build.ts';
import { expectSoundHistory, expectWholeHistory } from '../../core/version-set/invariants.ts';
import { registrationOf } from '../registration.ts';
import { allOf, answersOf, newService, type Opened, sixteen } from './ports-under-test.ts';

const set = SetName.parse('release');

const by = 'test';

/** Heads and their histories: the store, and the single reads and writes that it is made of. */
export const headsContract = (opened: Opened): void => {
  const publish = async (service: ServiceName, version: string): Promise<ReleaseId> =>
    (await opened().releases.register(registrationOf(service, version))).release.releaseId;

  const begin = async () => {
    const service = newService();
    const [a, b, c] = [await publish(service, '1.0'), await publish(service, '1.1'), await publish(service, '1.2')];
    const { heads } = opened();
    const apply = (command: Command, second = 1) =>
      heads.apply(service, set, command, { by, at: new Date(at(second)) });
    await apply({ kind: 'initialize', release: a, reason: 'first' });
    return { service, a, b, c, heads, apply };
  };

  describe('heads', () => {
    test('a set that nobody initialized has no head and no history', async () => {
      const { heads, history } = opened();
      const service = newService();
      expect(await heads.read(service, set)).toBeUndefined();
      expect(await heads.list(service)).toEqual([]);
      expect(await history.list(service, set)).toEqual([]);
      expect(await history.at(service, set, new Date())).toBeUndefined();
    });

    test('invariant 1: an unregistered or quarantined release never reaches the head', async () => {
      const { apply, b } = await begin();
      expect(await apply(startCanary())).toMatchObject({ kind: 'refused', code: 'release-unknown' });
      await opened().evidence.quarantine(b, { reason: 'worse', at: at(1), by });
      expect(await apply(startCanary({ release: b }))).toMatchObject({ kind: 'refused', code: 'release-quarantined' });
    });

    test('a promotion and its roll-back, read back as they were written', async () => {
      const { service, heads, apply, a, b } = await begin();
      const decision = { verdict: 'promote', decision: 'decision of p', decidedAt: at(3) } as const;
      await apply(startCanary({ release: b }), 2);
      await apply({ kind: 'renew-exposure', promotionId: promotion('p'), exposureUntil: at(900) }, 3);
      expect((await heads.read(service, set))?.candidate?.exposureUntil).toBe(at(900));
      await apply({ kind: 'promote', promotionId: promotion('p'), evidence: decision, reason: 'fine' }, 4);
      const back = await apply({ kind: 'roll-back', from: b, reason: 'every call fails' }, 5);
      expect(back).toMatchObject({ kind: 'moved', head: { revision: 4, stable: a, lastGood: a } });
      expect(await heads.read(service, set)).toEqual(back.kind === 'moved' && back.head);
      const entries = await opened().history.list(service, set);
      expect(entries.map(({ kind }) => kind)).toEqual(['roll-back', 'promote', 'start-canary', 'initialize']);
      expect(await opened().history.list(service, set, 2)).toEqual(entries.slice(0, 2));
    });

    test('a lease is renewed under its own revision and promotion only, and never shortened', async () => {
      const { service, heads, apply, b } = await begin();
      const { headItems } = opened();
      await apply(startCanary({ release: b }), 2);
      const head = (await heads.read(service, set))!;
      const until = (second: number, over: Partial<Head> = {}): Head => ({
        ...head,
        ...over,
        candidate: { ...head.candidate!, exposureUntil: at(second) },
      });
      const other = { ...until(990), candidate: { ...until(990).candidate!, promotionId: promotion('other') } };
      expect(await headItems.renew(until(900))).toBe(true);
      expect(await headItems.renew(until(900))).toBe(false);
      expect(await headItems.renew(until(800))).toBe(false);
      expect(await headItems.renew(until(990, { revision: 1 }))).toBe(false);
      expect(await headItems.renew(other)).toBe(false);
      expect((await heads.read(service, set))?.candidate?.exposureUntil).toBe(at(900));
    });

    test('what ran at a moment is one question (S15)', async () => {
      const { service, apply, a, b } = await begin();
      await apply(startCanary({ release: b }), 100);
      await apply(abort(), 200);
      const placed = async (second: number) => (await opened().history.at(service, set, new Date(at(second))))?.to;
      expect(await placed(0)).toBeUndefined();
      expect(await placed(150)).toEqual({ stable: a, candidate: b, weightPercent: 5 });
      expect(await placed(200)).toEqual({ stable: a, weightPercent: 0 });
    });

    test('the heads of a service are listed by set, without their histories', async () => {
      const { service, heads, apply, a } = await begin();
      for (const name of ['edge', 'personal', 'personal-anna']) {
        await heads.apply(
          service,
          SetName.parse(name),
          { kind: 'publish', release: a, publishedAt: at(1), reason: 'published' },
          { by, at: new Date(at(2)) },
        );
      }
      for (const kind of ['freeze', 'unfreeze', 'freeze'] as const) await apply({ kind, reason: 'test' });
      expect((await heads.list(service)).map((head) => String(head.set))).toEqual([
        'edge',
        'personal',
        'personal-anna',
        'release',
      ]);
    });

    test('invariants 2 and 4: 16 writers at once lose nothing and double nothing', async () => {
      const { service, heads, b, c } = await begin();
      const pause = (n: number): Command =>
        n % 2 === 0 ? { kind: 'freeze', reason: 'a' } : { kind: 'unfreeze', reason: 'b' };
      const canary = (n: number): Command =>
        startCanary({ release: n % 2 === 0 ? b : c, promotionId: promotion(`race ${n}`), seenRevision: 1 });
      const results = await sixteen(async (writer) => {
        let moved = 0;
        for (let n = 0; n < 6; n += 1) {
          const command = writer < 4 ? canary(writer) : pause(writer + n);
          const result = await heads.apply(service, set, command, { by: `writer ${writer}`, at: new Date(at(2 + n)) });
          if (result.kind === 'moved') moved += 1;
        }
        return moved;
      });
      const moved = answersOf(results).reduce((sum, one) => sum + one, 0);
      const head = (await heads.read(service, set))!;
      expect(head.revision).toBe(1 + moved);
      const entries = await opened().history.list(service, set, 10_000);
      expect(entries).toHaveLength(head.revision);
      expectSoundHistory(expectWholeHistory(head, entries.toReversed()));
      expect(entries.filter(({ kind }) => kind === 'start-canary').length).toBeLessThanOrEqual(1);
    });

    test('invariant 4: a writer that ends between its two writes leaves history whole', async () => {
      const { service, heads, apply } = await begin();
      const before = (await heads.read(service, set))!;
      await opened().headItems.archive(before);
      expect(await heads.read(service, set)).toEqual(before);
      expect(await apply({ kind: 'freeze', reason: 'after the crash' })).toMatchObject({ kind: 'moved' });
      const entries = await opened().history.list(service, set);
      expect(entries.map(({ revision }) => revision)).toEqual([2, 1]);
      expect(entries[1]).toEqual(before.lastTransition);
    });

    test('a stored entry is never overwritten, whoever archives the same revision later', async () => {
      const { service, heads, apply } = await begin();
      const first = (await heads.read(service, set))!;
      await apply({ kind: 'freeze', reason: 'x' });
      await opened().headItems.archive({ ...first, lastTransition: { ...first.lastTransition, reason: 'forged' } });
      expect((await opened().history.list(service, set))[1]?.reason).toBe('first');
    });

    test('a writer whose revision is gone writes nothing', async () => {
      const { service, heads } = await begin();
      const { headItems } = opened();
      const from = (await heads.read(service, set))!;
      const frozen = transition(from, { kind: 'freeze', reason: 'x' }, context({ service, at: at(5) }));
      const to = frozen.kind === 'moved' ? frozen.head : from;
      const won = answersOf(await sixteen(() => headItems.replace(from, to)));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await headItems.replace(undefined, to)).toBe(false);
      expect(await heads.read(service, set)).toEqual(to);
    });

    test('archived entries are read newest first, from a revision downwards', async () => {
      const { service, apply } = await begin();
      for (const kind of ['freeze', 'unfreeze', 'freeze', 'unfreeze'] as const) await apply({ kind, reason: 'test' });
      const read = async (newest: number, limit: number) =>
        (await allOf(opened().headItems.archived(service, set, newest, limit))).map(({ revision }) => revision);
      expect(await read(4, 10)).toEqual([4, 3, 2, 1]);
      expect(await read(3, 2)).toEqual([3, 2]);
    });

    test('a hole in the history is an error, never a shorter answer', async () => {
      const { service, heads, apply } = await begin();
      for (const kind of ['freeze', 'unfreeze', 'freeze'] as const) await apply({ kind, reason: 'test' });
      await opened().doors.removeEntry(service, set, 2);
      await expect(opened().history.list(service, set)).rejects.toThrow(/lacks revision 2/);
      expect((await heads.read(service, set))?.revision).toBe(4);
    });

    test('an older version leads a head of a newer one on, and loses none of its fields', async () => {
      const { service, heads, apply, b } = await begin();
      await apply(startCanary({ release: b }), 2);
      const head = (await heads.read(service, set))!;
      const tomorrow = { holdbackPercent: 2 };
      await opened().doors.plantHead({
        ...head,
        ...tomorrow,
        candidate: { ...head.candidate!, ...tomorrow },
        lastTransition: { ...head.lastTransition, ...tomorrow },
      });
      await apply({ kind: 'renew-exposure', promotionId: promotion('p'), exposureUntil: at(900) }, 3);
      const moved = await apply({ kind: 'freeze', reason: 'by an older version' }, 4);
      expect(moved).toMatchObject({ kind: 'moved', head: { revision: 3, ...tomorrow, candidate: tomorrow } });
      expect(await heads.read(service, set)).toEqual(moved.kind === 'moved' && moved.head);
      const [newest, before] = await opened().history.list(service, set);
      expect(newest).not.toHaveProperty('holdbackPercent');
      expect(before).toMatchObject({ revision: 2, ...tomorrow });
    });

    test('a head that nobody could read again is not written', async () => {
      const { service, heads } = await begin();
      const reason = 'x'.repeat(2_001);
      const written = heads.apply(service, set, { kind: 'freeze', reason }, { by, at: new Date(at(2)) });
      await expect(written).rejects.toMatchObject({ code: 'invalid-input' });
      expect((await heads.read(service, set))?.revision).toBe(1);
    });
  });

  describe('the outbox', () => {
    test('holds every entry until it is settled, oldest first, and no more than was asked for', async () => {
      const { service, apply } = await begin();
      const { outbox } = opened();
      for (const kind of ['freeze', 'unfreeze', 'freeze'] as const) await apply({ kind, reason: 'test' });
      const pending = async (limit: number) =>
        (await outbox.pending(service, set, limit)).map(({ revision }) => revision);
      expect(await pending(10)).toEqual([1, 2, 3, 4]);
      expect(await pending(4)).toEqual([1, 2, 3, 4]);
      expect(await pending(3)).toEqual([1, 2, 3]);
      await outbox.settle(service, set, 2);
      expect(await pending(1)).toEqual([3]);
      expect(await pending(10)).toEqual([3, 4]);
      await outbox.settle(service, set, 4);
      expect(await pending(10)).toEqual([]);
      expect(await outbox.pending(newService(), set, 10)).toEqual([]);
    });

    test('is settled up to the highest revision that anybody named, in whatever order they come', async () => {
      const { service } = await begin();
      const { headItems } = opened();
      answersOf(await sixteen((index) => headItems.settle(service, set, 1 + ((index * 7) % 16))));
      expect(await headItems.settled(service, set)).toBe(16);
      await headItems.settle(service, set, 3);
      expect(await headItems.settled(service, set)).toBe(16);
    });

    test('invariant 4: a hole in what is pending is an error, never skipped', async () => {
      const { service, apply } = await begin();
      for (const kind of ['freeze', 'unfreeze', 'freeze'] as const) await apply({ kind, reason: 'test' });
      await opened().doors.removeEntry(service, set, 2);
      await expect(opened().outbox.pending(service, set, 10)).rejects.toMatchObject({ code: 'internal' });
    });

    test('a release that a transition bars stands as quarantined before that has been carried out, on every set', async () => {
      const { service, heads, apply, a, b, c } = await begin();
      const { outbox, releases } = opened();
      const preview = SetName.parse('preview');
      await heads.apply(service, preview, { kind: 'initialize', release: a, reason: 'x' }, { by, at: new Date(at(1)) });
      await apply(startCanary({ release: b }), 2);
      await apply({ ...abort(), quarantine: true }, 3);
      await apply({ kind: 'freeze', reason: 'look' }, 4);
      await apply({ kind: 'unfreeze', reason: 'seen' }, 5);
      expect(await releases.standing(b)).toBe('registered');
      expect(await heads.standing(service, b)).toBe('quarantined');
      expect(await heads.standing(service, c)).toBe('registered');
      const again = startCanary({ release: b, promotionId: promotion('again'), seenRevision: 5 });
      expect(await apply(again, 6)).toMatchObject({ kind: 'refused', code: 'release-quarantined' });
      const elsewhere = { by, at: new Date(at(6)) };
      expect(await heads.apply(service, preview, { ...again, seenRevision: 1 }, elsewhere)).toMatchObject({
        kind: 'refused',
        code: 'release-quarantined',
      });
      await outbox.settle(service, set, 5);
      expect(await heads.standing(service, b)).toBe('registered');
    });
  });
};
