import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VersionLabel } from '#core/release/version-label.ts';
import { type FolderBuild, buildRelease } from '../agent/build-release.ts';

/** A version of the example agent: the base folder, what changes on top of it, and its label. */
export interface AgentVersion {
  readonly version: VersionLabel;
  /** Folder below `examples/clinic-changes`. @default - the base as it is */
  readonly changes?: string;
  /** What is different, for people. */
  readonly change: string;
}

export const agentVersions = {
  first: { version: VersionLabel.parse('1.0'), change: 'books appointments' },
  worse: {
    version: VersionLabel.parse('1.1'),
    changes: '1.1',
    change: 'reads dates such as "June 3rd"; passes its own checks',
  },
  better: { version: VersionLabel.parse('1.2'), changes: '1.2', change: 'reads dates and days of the week' },
} as const satisfies Record<string, AgentVersion>;

/** Builds a version from a temporary folder: the example, with the version's changes copied over it. */
export const buildVersion = async (examples: string, { version, changes }: AgentVersion): Promise<FolderBuild> => {
  const folder = await mkdtemp(join(tmpdir(), 'lastgood-agent-'));
  try {
    await cp(join(examples, 'clinic'), folder, { recursive: true });
    if (changes !== undefined)
      await cp(join(examples, 'clinic-changes', changes), folder, { recursive: true, force: true });
    return await buildRelease(folder, { versionLabel: version });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
