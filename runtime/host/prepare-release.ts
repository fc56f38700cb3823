import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LastgoodError } from '#core/errors.ts';
import { parseFlow } from '#core/flow/flow.ts';
import { parseOrThrow } from '#core/parse.ts';
import type { ArtifactStore } from '#core/release/artifact-store.ts';
import { loadRelease } from '#core/release/content.ts';
import { digestOf, type ReleaseId } from '#core/words/digest.ts';
import { Manifest } from '#core/release/manifest.ts';
import type { ReleaseRegistry } from '#core/release/release-registry.ts';
import { chooseProviders } from '../providers/registry.ts';
import { type PreparedRelease, releaseFiles } from '../agent/ipc.ts';

/** Where releases come from. */
export interface ReleaseSource {
  readonly registry: Pick<ReleaseRegistry, 'manifestText'>;
  readonly artifacts: Pick<ArtifactStore, 'get'>;
}

/**
 * Fetches a release, verifies every digest (R3) and lays it out in `folder` for the agent processes.
 * @throws LastgoodError `digest-mismatch`, `invalid-input`, or what the source throws
 */
export const prepareRelease = async (
  releaseId: ReleaseId,
  source: ReleaseSource,
  folder: string,
): Promise<PreparedRelease> => {
  const manifest = await readManifest(releaseId, source);
  const content = await loadRelease(manifest, source.artifacts.get);
  const release: PreparedRelease = {
    releaseId,
    manifest,
    flow: parseFlow(content.flow),
    prompts: content.prompts,
    tools: content.tools.tools,
  };
  // An unknown provider or parameter is found here and not by the first caller (invariant 12).
  await chooseProviders(manifest.model);
  for (const { path, bytes } of content.bundle) {
    const file = join(folder, releaseFiles.bundle, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, releaseFiles.release), JSON.stringify(release));
  await writeFile(join(folder, releaseFiles.index), content.index);
  return release;
};

const readManifest = async (releaseId: ReleaseId, { registry }: ReleaseSource): Promise<Manifest> => {
  const text = await registry.manifestText(releaseId);
  const actual = digestOf(text);
  if (actual !== releaseId) {
    throw new LastgoodError(
      'digest-mismatch',
      `the manifest of release ${releaseId} has digest ${actual}; the release takes no calls. Publish it again.`,
      { details: { what: 'manifest', expected: releaseId, actual } },
    );
  }
  return parseOrThrow(Manifest, JSON.parse(text), `manifest of ${releaseId}`);
};
