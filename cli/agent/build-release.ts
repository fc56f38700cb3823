import { LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';
import { AgentConfig } from '#core/release/agent-config.ts';
import { assembleRelease, type ReleaseBuild } from '#core/release/assemble.ts';
import { bundleEntry } from '#core/release/bundle.ts';
import { bundleBuilder, bundleTools } from './bundle-tools.ts';
import { describeTools } from './describe-tools.ts';
import { type AgentFiles, readAgent } from './read-agent.ts';

/** A build with what was read beside the release. */
export interface FolderBuild extends ReleaseBuild {
  /** Suites that were checked and left out: evidence is attached to the id, not part of it. */
  readonly evals: AgentFiles['evals'];
}

/** One step of a build, for progress. */
export type BuildStep = 'read the folder' | 'bundle the tools' | 'load the tools' | 'assemble the release';

export interface BuildOptions {
  /** @default - the version of agent.yaml */
  readonly versionLabel?: string;
  /** @default - no progress */
  readonly onStep?: (step: BuildStep) => void;
}

/**
 * Builds the release of an agent's folder. Reads only that folder: neither its place, nor times, modes, order of files,
 * locale or environment change the id (R1).
 * @throws LastgoodError `invalid-input` or `channel-rule`
 */
export const buildRelease = async (
  path: string,
  { versionLabel, onStep = () => undefined }: BuildOptions = {},
): Promise<FolderBuild> => {
  onStep('read the folder');
  const agent = await readAgent(path);
  onStep('bundle the tools');
  const bundle = await bundleTools(agent.folder.root, agent.toolFiles);
  onStep('load the tools');
  const module = bundle.find((file) => file.path === bundleEntry);
  if (!module) throw new LastgoodError('internal', `the bundle has no ${bundleEntry}`);
  const tools = await describeTools(module.bytes, agent.toolFiles);
  onStep('assemble the release');
  const { flow, prompts, documents, evals } = agent;
  const config = versionLabel === undefined ? agent.config : labelled(agent.config, versionLabel);
  const build = await assembleRelease({ config, flow, prompts, documents, tools, bundle, bundleBuilder });
  return { ...build, evals };
};

const labelled = (config: AgentConfig, versionLabel: string): AgentConfig =>
  parseOrThrow(AgentConfig, { ...config, version: versionLabel }, 'the version label');
