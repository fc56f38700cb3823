import { canonicalJson, releaseIdOf } from '#core/release/canonical.ts';
import { Manifest } from '#core/release/manifest.ts';
import type { Registration } from '#core/release/release-registry.ts';
import { digestOf } from '#core/words/digest.ts';
import { ServiceName } from '#core/words/names.ts';
import { at } from '../core/version-set/build.ts';

/** A small release with everything that a manifest requires; `code` stands for what was bundled. */
export const registrationOf = (
  service: string,
  version: string,
  publishedAt = at(0),
  code = 'the bundle',
): Registration => {
  const manifest = Manifest.parse({
    schema: 'lastgood.release/1',
    service: ServiceName.parse(service),
    version,
    channels: ['phone'],
    tier: 'voice',
    code: { bundle: digestOf(code), builder: 'esbuild@0.28.2' },
    model: {
      provider: 'scripted',
      id: 'clinic',
      snapshot: '2027-01-01',
      stt: { provider: 'scripted', id: 'stt', snapshot: '1' },
      tts: { provider: 'scripted', id: 'tts', snapshot: '1' },
    },
    prompts: { files: { 'prompts/role.md': digestOf('role') }, flow: digestOf('flow') },
    tools: { manifest: digestOf('tools'), permissions: {} },
    data: { index: digestOf('index'), builder: 'minisearch@7.2.0' },
    controls: { budgets: { costUsdPerTask: 1 } },
  });
  return { releaseId: releaseIdOf(manifest), manifest: canonicalJson(manifest), publishedAt, publishedBy: 'test' };
};
