import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadOrgs } from '#lib/config.ts';
import { projectRoot } from '#lib/project-root.ts';

const orgText = (name: string, account: string, more = ''): string =>
  `name: ${name}\naccount: '${account}'\nregion: eu-west-1\nzone: eu\nservices:\n  - name: appointments\n${more}`;

describe('orgs as data', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'orgs-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  const put = (file: string, text: string): void => writeFileSync(join(directory, file), text);

  test('reads every org of the folder in order of their names', () => {
    put('zeta.yaml', orgText('zeta', '111111111111'));
    put('alpha.yaml', orgText('alpha', '222222222222'));
    expect(loadOrgs({ directory }).map(({ name }) => name)).toEqual(['alpha', 'zeta']);
  });

  test('reads only the selected ones, so a mistake in another org does not matter', () => {
    put('alpha.yaml', orgText('alpha', '222222222222'));
    put('broken.yaml', 'name: [');
    expect(loadOrgs({ directory, select: 'alpha' })).toHaveLength(1);
  });

  test.each([
    ['an unknown org', { select: 'nope' }, {}, /There is no org "nope". Known: alpha/],
    ['an empty selection', { select: '' }, {}, /There is no org ""/],
    ['a shared account', {}, { 'beta.yaml': orgText('beta', '222222222222') }, /both claim account 222222222222/],
    [
      'a file that is not YAML',
      {},
      { 'beta.yaml': 'name: [' },
      /orgs\/beta.yaml is not valid YAML:\n {2}orgs\/beta.yaml:1:/,
    ],
    ['a name that is not the file', {}, { 'beta.yaml': orgText('gamma', '333333333333') }, /names its org "gamma"/],
    ['an unknown key', {}, { 'beta.yaml': orgText('beta', '333333333333', 'tier: gold\n') }, /unknown key tier/],
    [
      'a region outside the zone',
      {},
      { 'beta.yaml': orgText('beta', '333333333333').replace('eu-west-1', 'us-east-1') },
      /outside its zone eu/,
    ],
  ])('refuses %s', (_case, options, files, message) => {
    put('alpha.yaml', orgText('alpha', '222222222222'));
    for (const [file, text] of Object.entries(files)) put(file, text);
    expect(() => loadOrgs({ directory, ...options })).toThrow(message);
  });

  test('accepts the orgs of this project', () => {
    const orgs = loadOrgs({ directory: join(projectRoot, 'orgs') });
    expect(orgs.map(({ name, zone }) => `${name} ${zone}`)).toEqual([
      'acme-cardio-eucentral eu',
      'acme-cardio-useast us',
    ]);
  });
});
