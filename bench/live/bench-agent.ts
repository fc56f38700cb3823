import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { Scenario } from '#callers/scenario.ts';
import { buildRelease } from '#cli/agent/build-release.ts';
import { publishRelease } from '#operations/release/publish-release.ts';
import { systemClock } from '#core/clock.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { VersionLabel } from '#core/release/version-label.ts';
import { type Live, projectRoot } from './bring-up.ts';

/** A calendar that never answers: found out in conversation only, as every good defect. */
const brokenTool = `import type { Tool } from '#core/release/tool.ts';

export const tool: Tool<{ day: string }> = {
  name: 'find_slots',
  description: 'Finds free appointment times on a day. Give the day as the caller said it.',
  parameters: {
    type: 'object',
    properties: { day: { type: 'string', minLength: 1, maxLength: 60 } },
    required: ['day'],
    additionalProperties: false,
  },
  permissions: ['calendar:read'],
  outcomes: ['found', 'too_far', 'unclear'],
  run: () => {
    throw new Error('the calendar does not answer');
  },
};
`;

/** Rings, hears the first word, hangs up: as many calls a second as a machine can start. */
export const ringAndListen: Scenario = Scenario.parse({ name: 'ring-and-listen', utterances: [], hangUpAfter: 0 });

/** Asks for a day over the greeting, and over the answer says goodbye: three seconds, and the calendar was asked. */
export const askAndLeave: Scenario = Scenario.parse({
  name: 'ask-and-leave',
  utterances: [
    { say: 'Tomorrow, please.', interrupt: { afterMs: 200 } },
    { say: 'Goodbye then.', interrupt: { afterMs: 200 } },
  ],
  hangUpAfter: 2,
});

export interface BenchVersion {
  readonly service: string;
  readonly version: string;
  /** Its calendar never answers, so every call that asks for a day fails. @default false */
  readonly broken?: boolean;
}

export interface PublishedVersion {
  readonly release: ReleaseId;
  readonly version: VersionLabel;
}

const layOut = async (folder: string, { service, version, broken = false }: BenchVersion): Promise<void> => {
  await cp(join(projectRoot, 'examples', 'clinic'), folder, { recursive: true });
  const file = join(folder, 'agent.yaml');
  const agent = parseDocument(await readFile(file, 'utf8'));
  agent.set('service', service);
  agent.set('version', version);
  await writeFile(file, agent.toString());
  // A release is named by what it holds, and two versions of a bench are two releases.
  await writeFile(join(folder, 'knowledge', 'bench.md'), `# Bench\n\nThis is version ${version} of ${service}.\n`);
  if (broken) await writeFile(join(folder, 'tools', 'find_slots.ts'), brokenTool);
};

/** Builds and publishes a version of the example agent. */
export const publishVersion = async ({ access }: Live, wanted: BenchVersion): Promise<PublishedVersion> => {
  const folder = await mkdtemp(join(tmpdir(), 'lastgood-bench-agent-'));
  try {
    await layOut(folder, wanted);
    const build = await buildRelease(folder);
    const { release } = await publishRelease(access, build, { by: 'bench', clock: systemClock });
    return { release, version: VersionLabel.parse(wanted.version) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
