import { agentSource } from '#test/core/release/agent-builder.ts';
import { timestampOf } from '#core/clock.ts';
import { assembleRelease, type ReleaseBuild } from '#core/release/assemble.ts';
import { canonicalJson, releaseIdOf } from '#core/release/canonical.ts';
import { VersionLabel } from '#core/release/version-label.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { World } from './world.ts';

let built: Promise<ReleaseBuild> | undefined;

/** Registers so many versions of one small agent, `1.0`, `1.1` and so on, with all of their parts. */
export const publishVersions = async (world: World, count: number): Promise<readonly ReleaseId[]> => {
  built ??= assembleRelease(agentSource());
  const { manifest, parts } = await built;
  const { artifacts, releases } = world.org;
  for (const { bytes, mediaType } of parts) await artifacts.put({ bytes, mediaType });
  const ids: ReleaseId[] = [];
  for (let minor = 0; minor < count; minor += 1) {
    const version = { ...manifest, version: VersionLabel.parse(`1.${minor}`) };
    const releaseId = releaseIdOf(version);
    await releases.register({
      releaseId,
      manifest: canonicalJson(version),
      publishedAt: timestampOf(world.nowMs),
      publishedBy: 'ci',
    });
    ids.push(releaseId);
  }
  return ids;
};
