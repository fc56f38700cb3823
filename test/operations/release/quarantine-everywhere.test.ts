import { beforeEach, describe, expect, test } from 'vitest';
import type { Quarantine } from '#core/evidence/release-evidence.ts';
import { LastgoodError } from '#core/errors.ts';
import { parseOrg } from '#core/org/org.ts';
import { VersionLabel } from '#core/release/version-label.ts';
import { findRelease } from '#operations/release/find-release.ts';
import { type OrgQuarantines, quarantineEverywhere } from '#operations/release/quarantine-everywhere.ts';
import { productionSet, release, service } from '../../core/version-set/build.ts';
import { FakeOrg } from '../fake-org.ts';

const org = (name: string) =>
  parseOrg(
    {
      name,
      account: '111111111111',
      region: 'eu-central-1',
      zone: 'eu',
      services: [{ name: service, baselineErrorRate: 0.05, expectedCallsPerMinute: 10 }],
    },
    name,
  );

/** Quarantines of one org, by the store's rules: the first stays, an override is recorded on it. */
const evidenceOf = (records: Map<string, Quarantine>): OrgQuarantines['evidence'] => ({
  quarantine: (id, record) => {
    if (records.has(id)) return Promise.resolve(false);
    records.set(id, record);
    return Promise.resolve(true);
  },
  quarantineOf: (id) => Promise.resolve(records.get(id)),
  override: (id, { at, by, reason }) => {
    const record = records.get(id);
    if (!record) return Promise.reject(new LastgoodError('not-found', `${id} is not quarantined`));
    records.set(id, { ...record, overriddenAt: at, overriddenBy: by, overrideReason: reason });
    return Promise.resolve();
  },
});

describe('a quarantine in every org', () => {
  let fake: FakeOrg;
  let records: Map<string, Quarantine>;
  const at = '2027-01-04T12:00:00.000Z';
  const run = (override = false, orgs = [stores('acme-one')]) =>
    quarantineEverywhere(orgs, { release: release('b'), reason: 'double bookings', by: 'cli:test', at, override });
  const stores = (name: string) => {
    const { heads } = fake;
    return { org: org(name), heads, evidence: evidenceOf(records) };
  };
  beforeEach(async () => {
    fake = new FakeOrg();
    records = new Map();
    await fake.startCanary();
  });

  test('bars the release, says where callers still meet it, and may be repeated', async () => {
    const servedBy = [`${service}/${productionSet}`];
    expect(await run()).toEqual([{ org: 'acme-one', outcome: 'quarantined', servedBy }]);
    expect(await run()).toEqual([{ org: 'acme-one', outcome: 'was quarantined', servedBy }]);
    expect(records.get(release('b'))).toEqual({ reason: 'double bookings', at, by: 'cli:test' });
  });

  test('is lifted once, and only where it stands', async () => {
    expect((await run(true))[0]?.outcome).toBe('was not quarantined');
    await run();
    expect((await run(true))[0]?.outcome).toBe('overridden');
    expect((await run(true))[0]?.outcome).toBe('was not quarantined');
  });

  test('reaches the other orgs when one does not answer', async () => {
    const down = { ...stores('acme-down') };
    const refused = { ...down.evidence, quarantine: () => Promise.reject(new Error('no such table')) };
    const results = await run(false, [{ ...down, evidence: refused }, stores('acme-one')]);
    expect(results).toMatchObject([
      { org: 'acme-down', outcome: 'failed', problem: 'no such table', servedBy: [] },
      { org: 'acme-one', outcome: 'quarantined' },
    ]);
  });
});

describe('a release by its name across orgs', () => {
  const knows = (name: string, ...labels: readonly (readonly [string, string])[]) => ({
    org: org(name),
    releases: {
      list: () =>
        Promise.resolve(
          labels.map(([version, id]) => ({
            releaseId: release(id),
            service,
            version: VersionLabel.parse(version),
            publishedAt: '2027-01-04T12:00:00.000Z',
            publishedBy: 'ci',
          })),
        ),
    },
  });

  test('is found by its label, and by the beginning of its id', async () => {
    const orgs = [knows('acme-one', ['1.4', 'b']), knows('acme-two', ['1.4', 'b'])];
    expect(await findRelease(orgs, '1.4')).toBe(release('b'));
    expect(await findRelease(orgs, release('b').slice(0, 8))).toBe(release('b'));
  });

  test('needs no org that knows it when the id is whole', async () => {
    expect(await findRelease([], release('never published'))).toBe(release('never published'));
  });

  test('is refused when orgs mean different releases by it, or none knows it', async () => {
    const orgs = [knows('acme-one', ['1.4', 'b']), knows('acme-two', ['1.4', 'c'])];
    await expect(findRelease(orgs, '1.4')).rejects.toThrow(/several releases: .* in acme-one\).* in acme-two\)/);
    await expect(findRelease(orgs, '1.5')).rejects.toThrow(/no org knows a release "1.5"/);
    await expect(findRelease(orgs, release('b').slice(0, 7))).rejects.toThrow(/no org knows/);
  });
});
