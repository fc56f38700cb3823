import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrgAccess } from '#cli/org/org-access.ts';
import { artifactBucketName } from '#core/org/resource-names.ts';
import { digestOf } from '#core/words/digest.ts';
import { clinicCopy } from '../examples/agent-copy.ts';
import { type CliOrgs, projectRoot, startCliOrgs } from './cli-orgs.ts';

const run = promisify(execFile);

let orgs: CliOrgs;
let access: OrgAccess;
let bucket: string;

beforeAll(async () => {
  orgs = await startCliOrgs(['acme-test']);
  [access] = orgs.accesses as [OrgAccess];
  bucket = artifactBucketName(access.org.account, access.org.region);
});
afterAll(() => orgs[Symbol.asyncDispose]());

/** The command line as a user starts it, in its own process. */
const lastgood = async (...args: readonly string[]) => {
  const command = ['bin/lastgood.ts', ...args, '--orgs', orgs.folder.path, '--org', 'acme-test'];
  try {
    const { stdout } = await run(process.execPath, command, { cwd: projectRoot });
    return { code: 0, stdout, stderr: '' };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
};

const publishJson = async (folder: string, ...rest: readonly string[]) => {
  const { stdout, stderr } = await lastgood('release', 'publish', folder, '--json', ...rest);
  return JSON.parse(stdout || `"${stderr}"`) as Record<string, unknown>;
};

describe('lastgood release', () => {
  test('publishes, repeats without effect, lists, shows and compares', async () => {
    await using first = await clinicCopy();
    await using second = await clinicCopy('1.1');
    const published = await publishJson(first.path, '--by', 'ci:test');
    expect(published).toMatchObject({ org: 'acme-test', version: '1.0', isNew: true, edge: { moved: true } });
    expect(await publishJson(first.path)).toMatchObject({
      release: published['release'],
      isNew: false,
      publishedAt: published['publishedAt'],
      parts: { stored: 0 },
      edge: { moved: false },
    });
    const next = await publishJson(second.path, '--version-label', '1.1');
    expect(next).toMatchObject({ version: '1.1', isNew: true, edge: { release: next['release'], moved: true } });

    const list = JSON.parse((await lastgood('release', 'list', '--json')).stdout) as unknown;
    expect(list).toMatchObject([
      { version: '1.1', sets: ['edge (stable)'] },
      { version: '1.0', publishedBy: 'ci:test' },
    ]);
    expect((await lastgood('release', 'list')).stdout).toContain('edge (stable)');

    const shown = await lastgood('release', 'show', '1.0');
    expect(shown.stdout).toContain(String(published['release']));
    expect(shown.stdout).toContain('book_appointment: calendar:read, calendar:write');

    const diff = (await lastgood('release', 'diff', '1.0', '1.1')).stdout;
    expect(diff).toContain('~ tools/find_slots.ts');
    expect(diff).toMatch(/^ +-\s+if \(day === 'next week'\)/m);
    expect(diff).toMatch(/^ +\+const datePattern/m);
    const withFolder = (await lastgood('release', 'diff', '1.1', second.path)).stdout;
    expect(withFolder).toContain('~ version: "1.1" -> "1.0"');
    expect(withFolder).not.toContain('find_slots');
  });

  test('refuses a version label that belongs to another release, and moves nothing (R4)', async () => {
    await using other = await clinicCopy();
    await other.replace('prompts/role.md', 'friendly', 'calm');
    const refused = await lastgood('release', 'publish', other.path);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/lastgood: version 1\.0 of appointments is release [0-9a-f]{12} since/);
    expect(refused.stderr).not.toContain('    at ');
    const list = JSON.parse((await lastgood('release', 'list', '--json')).stdout) as unknown;
    expect(list).toMatchObject([{ version: '1.1', sets: ['edge (stable)'] }, { version: '1.0' }]);
  });

  test.each<[string, readonly string[], RegExp]>([
    [
      'an unknown release',
      ['release', 'show', '9.9'],
      /appointments has no version or release "9\.9"; the newest are 1\.1/,
    ],
    [
      'an unknown service',
      ['release', 'list', '--service', 'billing'],
      /runs no service "billing"; it runs appointments/,
    ],
    [
      'a folder that is none',
      ['release', 'publish', '/nowhere'],
      /there is no agent folder at \/nowhere: it does not exist/,
    ],
  ])('says what is wrong with %s', async (_name, args, message) => {
    const { code, stderr } = await lastgood(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });

  test('refuses a part whose stored bytes are not what its digest says (R3)', async () => {
    const { manifest } = await access.releases.resolve(access.org.services[0]!.name, '1.0');
    const Key = `sha256/${manifest.prompts.flow}`;
    const s3 = access.connection.client(S3Client);
    const whole = await access.artifacts.get(manifest.prompts.flow);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.concat([whole, Buffer.from(' ')]) }));
    const message = new RegExp(`holds bytes with digest [0-9a-f]{64} under the name ${manifest.prompts.flow}`);
    expect((await lastgood('release', 'diff', '1.0', '1.1')).stderr).toMatch(message);
    await using first = await clinicCopy();
    expect((await lastgood('release', 'publish', first.path)).stderr).toMatch(message);
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    expect(await publishJson(first.path)).toMatchObject({ isNew: false, parts: { stored: 1 } });
  });
});

describe('the artifact store', () => {
  const artifact = { bytes: new TextEncoder().encode('some bytes'), mediaType: 'text/plain' };

  test('keeps bytes by their digest, once', async () => {
    const digest = digestOf(artifact.bytes);
    expect(await access.artifacts.has(digest)).toBe(false);
    await expect(access.artifacts.get(digest)).rejects.toMatchObject({ code: 'not-found' });
    expect(await access.artifacts.put(artifact)).toEqual({ digest, isNew: true });
    expect(await access.artifacts.put(artifact)).toEqual({ digest, isNew: false });
    expect(await access.artifacts.has(digest)).toBe(true);
    expect(await access.artifacts.get(digest)).toEqual(artifact.bytes);
  });

  test('lets several writers store the same bytes at once', async () => {
    const bytes = new TextEncoder().encode('by many');
    const results = await Promise.all(Array.from({ length: 8 }, () => access.artifacts.put({ ...artifact, bytes })));
    expect(new Set(results.map((result) => result.digest))).toEqual(new Set([digestOf(bytes)]));
    expect(results.some((result) => result.isNew)).toBe(true);
    expect(await access.artifacts.get(digestOf(bytes))).toEqual(bytes);
  });
});

describe('a build', () => {
  test('leaves nothing in the temporary folder', async () => {
    const leftovers = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('lastgood-tools-'));
    const before = await leftovers();
    await using copy = await clinicCopy();
    await writeFile(join(copy.path, 'tools/extra.ts'), "throw new Error('no');");
    expect((await lastgood('release', 'build', copy.path)).code).toBe(1);
    expect((await leftovers()).filter((name) => !before.includes(name))).toEqual([]);
    expect(await readFile(join(copy.path, 'tools/extra.ts'), 'utf8')).toContain('throw');
  });
});
