import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readOrg } from '#cli/org/org-access.ts';
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
