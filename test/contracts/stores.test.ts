import { DeleteCommand, type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { putOnce } from '#aws/dynamodb.ts';
import { headItems } from '#aws/head-items.ts';
import { revisionKey } from '#aws/head-keys.ts';
import { headStore } from '#aws/head-store.ts';
import { history } from '#aws/history.ts';
import { releaseEvidence } from '#aws/release-evidence.ts';
import { releaseRegistry } from '#aws/release-registry.ts';
import type { ReleaseRegistry } from '#core/release/release-registry.ts';
import type { Command } from '#core/version-set/command.ts';
import { transition } from '#core/version-set/transition.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { ServiceName, SetName } from '#core/words/names.ts';
import { abort, at, context, promotion, startCanary } from '../core/version-set/build.ts';
import { expectSoundHistory, expectWholeHistory } from '../core/version-set/invariants.ts';
import { registrationOf } from './registration.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

let cloud: TestCloud;

let registry: ReleaseRegistry;
beforeAll(async () => {
  cloud = await startTestCloud();
  registry = releaseRegistry(cloud.table);
});
afterAll(() => cloud.stop());

const set = SetName.parse('release');

/** Each test has a service of its own, so that tests share a table and nothing else. */
let services = 0;

const newService = (): ServiceName => {
  services += 1;
  return ServiceName.parse(`service-${services}`);
};

const publish = async (service: ServiceName, version: string, at?: string): Promise<ReleaseId> =>
  (await registry.register(registrationOf(service, version, at))).release.releaseId;

const by = 'test';

/** What the SDK does when an answer does not arrive: the same update again, and only its answer counts. */
const sendingUpdatesTwice = (documents: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(documents, {
    get: (target, key) =>
      key === 'send'
        ? async (command: UpdateCommand) => {
            if (command instanceof UpdateCommand) await target.send(command);
            return target.send(command);
          }
        : Reflect.get(target, key),
  });

describe('the release registry', () => {
  test('registers a release once; the same again changes nothing (R4)', async () => {
    const service = newService();
    const registration = registrationOf(service, '1.0', at(1));
    expect((await registry.register(registration)).isNew).toBe(true);
    const again = await registry.register({ ...registration, publishedAt: at(99), publishedBy: 'other' });
    expect(again.isNew).toBe(false);
    expect(again.release).toMatchObject({ publishedAt: at(1), publishedBy: by, version: '1.0' });
  });

  test('refuses a taken version with another id, naming both (R4)', async () => {
    const service = newService();
    await registry.register(registrationOf(service, '1.0'));
    const other = registrationOf(service, '1.0', at(2), 'another bundle');
    await expect(registry.register(other)).rejects.toMatchObject({ code: 'version-taken' });
    expect(await registry.get(other.releaseId)).toBeUndefined();
  });

  test('refuses a manifest that is not what the id says', async () => {
    const registration = registrationOf(newService(), '1.0');
    const manifest = registration.manifest.replace('"1.0"', '"1.1"');
    await expect(registry.register({ ...registration, manifest })).rejects.toMatchObject({ code: 'digest-mismatch' });
  });

  test('one of 16 racing publishers of a version wins, the others learn who', async () => {
    const service = newService();
    const racing = Array.from({ length: 16 }, (_, n) =>
      registry.register(registrationOf(service, '1.0', at(n), `code ${n}`)),
    );
    const results = await Promise.allSettled(racing);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await registry.list(service)).toHaveLength(1);
  });

  test('resolves labels, ids and beginnings of ids, and lists newest first', async () => {
    const service = newService();
    const first = await publish(service, '1.9', at(1));
    const second = await publish(service, '1.10', at(2));
    expect((await registry.list(service)).map(({ version }) => version)).toEqual(['1.10', '1.9']);
    for (const name of ['1.9', first, first.slice(0, 8)])
      expect((await registry.resolve(service, name)).releaseId).toBe(first);
    expect((await registry.resolve(service, '1.10')).releaseId).toBe(second);
    await expect(registry.resolve(service, '2.0')).rejects.toMatchObject({
      code: 'unknown-name',
      message: expect.stringContaining('1.10'),
    });
  });

  test('quarantine, override and a second quarantine are each told once (R9)', async () => {
    const release = await publish(newService(), '1.0');
    const evidence = releaseEvidence(cloud.table);
    const bar = (name: string, second: number) =>
      evidence.quarantine(release, { reason: 'worse', promotionId: promotion(name), at: at(second), by });
    expect(await registry.standing(release)).toBe('registered');
    expect([await bar('p', 1), await bar('p', 2), await bar('q', 3)]).toEqual([true, false, false]);
    expect(await registry.standing(release)).toBe('quarantined');
    await evidence.override(release, { at: at(4), by: 'lead', reason: 'false alarm' });
    expect(await registry.standing(release)).toBe('registered');
    expect(await bar('p', 5)).toBe(false);
    expect(await bar('q', 6)).toBe(true);
    expect(await evidence.quarantineOf(release)).toEqual({
      reason: 'worse',
      promotionId: promotion('q'),
      at: at(6),
      by,
    });
    expect(await evidence.list(release, 'override')).toMatchObject([{ by: 'lead', summary: 'false alarm' }]);
  });

  test('evidence is attached once and never changes', async () => {
    const release = await publish(newService(), '1.0');
    const evidence = releaseEvidence(cloud.table);
    const report = {
      kind: 'evals',
      id: 'suite-1',
      at: at(1),
      by,
      passed: true,
      summary: '50 of 50',
      report: { cases: 50 },
    };
    expect(await evidence.attach(release, report)).toBe(true);
    expect(await evidence.attach(release, { ...report, passed: false })).toBe(false);
    expect(await evidence.list(release)).toEqual([report]);
  });
});

describe('the head store', () => {
  const begin = async () => {
    const service = newService();
    const [a, b, c] = [await publish(service, '1.0'), await publish(service, '1.1'), await publish(service, '1.2')];
    const heads = headStore(cloud.table);
    const apply = (command: Command, second = 1) =>
      heads.apply(service, set, command, { by, at: new Date(at(second)) });
    await apply({ kind: 'initialize', release: a, reason: 'first' });
    return { service, a, b, c, heads, apply };
  };

  test('invariant 1: an unregistered or quarantined release never reaches the head', async () => {
    const { apply, b } = await begin();
    expect(await apply(startCanary())).toMatchObject({ kind: 'refused', code: 'release-unknown' });
    await releaseEvidence(cloud.table).quarantine(b, { reason: 'worse', at: at(1), by });
    expect(await apply(startCanary({ release: b }))).toMatchObject({ kind: 'refused', code: 'release-quarantined' });
  });

  test('a promotion and its roll-back, read back as they were written', async () => {
    const { service, heads, apply, a, b } = await begin();
    const decision = { verdict: 'promote', decision: 'decision of p', decidedAt: at(3) } as const;
    await apply(startCanary({ release: b }), 2);
    await apply({ kind: 'renew-exposure', promotionId: promotion('p'), exposureUntil: at(900) }, 3);
    expect((await heads.read(service, set))?.candidate?.exposureUntil).toBe(at(900));
    await apply({ kind: 'promote', promotionId: promotion('p'), evidence: decision, reason: 'fine' }, 4);
    const back = await apply({ kind: 'roll-back', from: b, reason: 'ill' }, 5);
    expect(back).toMatchObject({ kind: 'moved', head: { revision: 4, stable: a, lastGood: a } });
    expect(await heads.read(service, set)).toEqual(back.kind === 'moved' && back.head);
    const entries = await history(cloud.table).list(service, set);
    expect(entries.map(({ kind }) => kind)).toEqual(['roll-back', 'promote', 'start-canary', 'initialize']);
  });

  test('what ran at a moment is one question (S15)', async () => {
    const { service, apply, a, b } = await begin();
    await apply(startCanary({ release: b }), 100);
    await apply(abort(), 200);
    const past = history(cloud.table);
    const placed = async (second: number) => (await past.at(service, set, new Date(at(second))))?.to;
    expect(await placed(0)).toBeUndefined();
    expect(await placed(150)).toEqual({ stable: a, candidate: b, weightPercent: 5 });
    expect(await placed(200)).toEqual({ stable: a, weightPercent: 0 });
  });

  test('lists the heads of a service without their histories', async () => {
    const { service, heads, apply, a } = await begin();
    for (const name of ['edge', 'personal', 'personal-anna'])
      await heads.apply(
        service,
        SetName.parse(name),
        { kind: 'publish', release: a, publishedAt: at(1), reason: 'published' },
        { by, at: new Date(at(2)) },
      );
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
    const writers = Array.from({ length: 16 }, async (_, writer) => {
      let moved = 0;
      for (let n = 0; n < 10; n += 1) {
        const command = writer < 4 ? canary(writer) : pause(writer + n);
        const result = await heads.apply(service, set, command, { by: `writer ${writer}`, at: new Date(at(2 + n)) });
        if (result.kind === 'moved') moved += 1;
      }
      return moved;
    });
    const moved = (await Promise.all(writers)).reduce((sum, one) => sum + one, 0);
    const head = (await heads.read(service, set))!;
    expect(head.revision).toBe(1 + moved);
    const entries = await history(cloud.table).list(service, set, 10_000);
    expect(entries).toHaveLength(head.revision);
    expectSoundHistory(expectWholeHistory(head, entries.toReversed()));
    expect(entries.filter(({ kind }) => kind === 'start-canary').length).toBeLessThanOrEqual(1);
  });

  test('invariant 4: a writer that dies between its two writes leaves history whole', async () => {
    const { service, heads, apply } = await begin();
    const before = (await heads.read(service, set))!;
    await headItems(cloud.table).archive(before);
    expect(await heads.read(service, set)).toEqual(before);
    expect(await apply({ kind: 'freeze', reason: 'after the crash' })).toMatchObject({ kind: 'moved' });
    const entries = await history(cloud.table).list(service, set);
    expect(entries.map(({ revision }) => revision)).toEqual([2, 1]);
    expect(entries[1]).toEqual(before.lastTransition);
  });

  test('a stored entry is never overwritten, whoever archives the same revision later', async () => {
    const { service, heads, apply } = await begin();
    const first = (await heads.read(service, set))!;
    await apply({ kind: 'freeze', reason: 'x' });
    const forged = { ...first, lastTransition: { ...first.lastTransition, reason: 'forged' } };
    await headItems(cloud.table).archive(forged);
    expect((await history(cloud.table).list(service, set))[1]?.reason).toBe('first');
  });

  test('a writer whose revision is gone writes nothing', async () => {
    const { service, heads } = await begin();
    const items = headItems(cloud.table);
    const from = (await heads.read(service, set))!;
    const frozen = transition(from, { kind: 'freeze', reason: 'x' }, context({ service, at: at(5) }));
    const to = frozen.kind === 'moved' ? frozen.head : from;
    expect(await items.replace(from, to)).toBe(true);
    expect(await items.replace(from, to)).toBe(false);
    expect(await items.replace(undefined, to)).toBe(false);
  });

  test('a move whose answer got lost, and which the SDK therefore repeated, is told as moved', async () => {
    const { service } = await begin();
    const repeating = headStore({ ...cloud.table, documents: sendingUpdatesTwice(cloud.table.documents) });
    const result = await repeating.apply(service, set, { kind: 'freeze', reason: 'x' }, { by, at: new Date(at(5)) });
    expect(result).toMatchObject({ kind: 'moved', head: { revision: 2 } });
    expect(await history(cloud.table).list(service, set)).toHaveLength(2);
  });

  test('a hole in the history is an error, never a shorter answer', async () => {
    const { service, heads, apply } = await begin();
    for (const kind of ['freeze', 'unfreeze', 'freeze'] as const) await apply({ kind, reason: 'test' });
    const { documents, name } = cloud.table;
    await documents.send(new DeleteCommand({ TableName: name, Key: revisionKey(service, set, 2) }));
    await expect(history(cloud.table).list(service, set)).rejects.toThrow(/lacks revision 2/);
    expect((await heads.read(service, set))?.revision).toBe(4);
  });

  test('a damaged head is an error that names its field', async () => {
    const service = newService();
    await putOnce(cloud.table, { pk: `SERVICE#${service}`, sk: 'SET#release', head: { revision: 'x' } });
    await expect(headStore(cloud.table).read(service, set)).rejects.toThrow(/stored head of .*revision/s);
  });
});
