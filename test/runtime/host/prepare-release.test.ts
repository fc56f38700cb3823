import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packBundle } from '#core/release/bundle.ts';
import { canonicalJson } from '#core/release/canonical.ts';
import { digestOf, ReleaseId } from '#core/words/digest.ts';
import type { PreparedRelease } from '#runtime/agent/ipc.ts';
import { prepareRelease } from '#runtime/host/prepare-release.ts';
import { sourceOf, tinyRelease } from '../support/release.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lastgood-prepare-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('preparing a release', () => {
  test('lays out everything an agent process needs', async () => {
    const build = await tinyRelease();
    await prepareRelease(build.id, sourceOf(build), folder);
    expect((await readdir(folder)).sort()).toEqual(['bundle', 'index.json', 'release.json']);
    const release = JSON.parse(await readFile(join(folder, 'release.json'), 'utf8')) as PreparedRelease;
    expect(release.prompts).toEqual({ 'prompts/greet.md': 'Ask for the day.' });
    expect(release.flow.initial_node).toBe('greet');
    expect(release.tools.map(({ name }) => name)).toEqual(['book']);
  });

  test('one changed byte in any part refuses the release (R3)', async () => {
    const build = await tinyRelease();
    for (const { digest, bytes } of build.parts) {
      const source = sourceOf(build);
      const changed = Uint8Array.from(bytes);
      changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
      source.parts.set(digest, changed);
      await expect(prepareRelease(build.id, source, folder)).rejects.toMatchObject({ code: 'digest-mismatch' });
    }
    expect(await readdir(folder)).toEqual([]);
  });

  test('a manifest that is not the one of its id is refused', async () => {
    const build = await tinyRelease();
    const other = await tinyRelease({ version: '2.0' });
    const source = { ...sourceOf(build), registry: { manifestText: async () => canonicalJson(other.manifest) } };
    await expect(prepareRelease(build.id, source, folder)).rejects.toMatchObject({ code: 'digest-mismatch' });
  });

  test('invariant 12: a provider that this runtime does not have is an error before any call', async () => {
    const build = await tinyRelease();
    const { model } = build.manifest;
    const text = canonicalJson({ ...build.manifest, model: { ...model, stt: { ...model.stt, provider: 'oracle' } } });
    const source = { ...sourceOf(build), registry: { manifestText: async () => text } };
    const prepared = prepareRelease(ReleaseId.parse(digestOf(text)), source, folder);
    await expect(prepared).rejects.toThrow('no speech recognition provider oracle; this runtime has scripted');
  });

  test('a bundle that leads out of its folder is refused, even under its right digest', async () => {
    const build = await tinyRelease();
    const bundle = await packBundle([{ path: '../outside.mjs', bytes: new Uint8Array() }]);
    const manifest = { ...build.manifest, code: { ...build.manifest.code, bundle: digestOf(bundle) } };
    const source = sourceOf(build);
    source.parts.set(digestOf(bundle), bundle);
    const text = canonicalJson(manifest);
    const prepared = prepareRelease(
      ReleaseId.parse(digestOf(text)),
      { ...source, registry: { manifestText: async () => text } },
      folder,
    );
    await expect(prepared).rejects.toThrow('../outside.mjs is not a path inside the bundle');
  });
});
