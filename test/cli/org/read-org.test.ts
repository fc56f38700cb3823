import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readOrg, readOrgs } from '#cli/org/read-org.ts';
import { serviceOf } from '#core/org/services.ts';

const org = (name: string, region = 'us-east-1') =>
  `name: ${name}\naccount: '111111111111'\nregion: ${region}\nzone: us\nservices:\n  - name: appointments\n`;

let one = '';
let two = '';
beforeAll(async () => {
  one = await mkdtemp(join(tmpdir(), 'orgs-one-'));
  two = await mkdtemp(join(tmpdir(), 'orgs-two-'));
  await writeFile(join(one, 'acme-east.yaml'), org('acme-east'));
  await writeFile(join(two, 'acme-east.yaml'), org('acme-east'));
  await writeFile(join(two, 'acme-west.yaml'), org('acme-west', 'eu-west-1'));
});
afterAll(() => Promise.all([one, two].map((folder) => rm(folder, { recursive: true }))));

test('the only org of a folder needs no name', async () => {
  expect((await readOrg(undefined, one)).name).toBe('acme-east');
});

test('among several orgs the name is asked for', async () => {
  await expect(readOrg(undefined, two)).rejects.toThrow(/name an org with --org; .* has acme-east, acme-west/);
});

test.each([
  ['an unknown org', () => readOrg('acme-north', two), /no org acme-north; .* has acme-east, acme-west/],
  ['an org outside its zone', () => readOrg('acme-west', two), /outside its zone us/],
  ['a folder that is not there', () => readOrg(undefined, '/nonexistent'), /no folder of orgs at \/nonexistent/],
])('%s is a clear error', async (_name, read, message) => {
  await expect(read()).rejects.toThrow(message);
});

test('a service that the org does not run is refused with those it runs', async () => {
  const acme = await readOrg('acme-east', two);
  expect(serviceOf(acme, 'appointments')).toBe('appointments');
  expect(() => serviceOf(acme, 'billing')).toThrow('org acme-east runs no service "billing"; it runs appointments');
});

describe('an org file that is wrong', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'orgs-wrong-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const put = (name: string, text: string) => writeFile(join(folder, `${name}.yaml`), text);

  test.each([
    [
      'a tab',
      org('acme').replace('  - name', '\t- name'),
      /acme\.yaml is not valid YAML:\n {2}\S*acme\.yaml:6:1: .*tab/i,
    ],
    ['an open bracket', `${org('acme')}edge: [\n`, /acme\.yaml:\d+:\d+: /],
    ['a key that stands twice', `${org('acme')}zone: eu\n`, /acme\.yaml:7:1: Map keys must be unique/],
    [
      'a field of the wrong type',
      org('acme').replace("'111111111111'", '1'),
      /acme\.yaml is not valid:\n {2}line 2: account/,
    ],
    ['an unknown key', `${org('acme')}tier: gold\n`, /unknown key tier/],
    ['another name than its file', org('other'), /acme\.yaml names its org "other"/],
    ['more than an org', `${org('acme')}# ${'x'.repeat(70_000)}`, /an org file has at most 65536/],
  ])('for %s is refused with file and place', async (_name, text, message) => {
    await put('acme', text);
    await expect(readOrg('acme', folder)).rejects.toThrow(message);
    await expect(readOrg('acme', folder)).rejects.toMatchObject({ code: 'invalid-input' });
  });

  test('does not keep another org from being read alone', async () => {
    await put('acme', '[');
    await put('sound', org('sound'));
    expect((await readOrg('sound', folder)).name).toBe('sound');
    expect((await readOrgs('sound', folder)).map(({ name }) => name)).toEqual(['sound']);
  });

  test('because it claims the account of another org is refused when all are read', async () => {
    await put('acme', org('acme'));
    await put('twin', org('twin'));
    await expect(readOrgs(undefined, folder)).rejects.toThrow('Orgs acme and twin both claim account 111111111111');
  });
});

test('a folder without org files says so', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'orgs-none-'));
  await expect(readOrgs(undefined, empty)).rejects.toThrow(/has no org file <name>\.yaml/);
  await rm(empty, { recursive: true });
});
