import { AgentConfig } from '#core/release/agent-config.ts';
import { type AgentSource, assembleRelease, type ReleaseBuild } from '#core/release/assemble.ts';
import { type ReleaseContent, loadRelease } from '#core/release/content.ts';
import { digestOf } from '#core/words/digest.ts';
import { ToolDescription } from '#core/release/tool.ts';

export const scripted = { provider: 'scripted', id: 'scripted', snapshot: '1' };

/** The least that `agent.yaml` may say. */
export const agentInput = {
  service: 'appointments',
  version: '1.0',
  channels: ['phone'],
  tier: 'voice',
  model: { ...scripted, params: { rules: {}, thinkMs: 20 }, stt: scripted, tts: scripted },
  budgets: { costUsdPerTask: 0.5 },
};

export const flowText = `initial_node: greet
nodes:
  greet:
    task_messages: [{prompt: prompts/greet.md}]
    functions: [{name: find, description: Find a slot, handler: find_slots, next: done}]
  done:
    task_messages: [{content: Say goodbye}]
`;

export const findSlots = {
  name: 'find_slots',
  description: 'Finds free slots',
  parameters: {
    type: 'object',
    properties: { day: { type: 'string' } },
    required: ['day'],
    additionalProperties: false,
  },
  permissions: ['calendar:read'],
};

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export const agentSource = (changes: Partial<AgentSource> = {}): AgentSource => ({
  config: AgentConfig.parse(agentInput),
  flow: bytesOf(flowText),
  prompts: [{ path: 'prompts/greet.md', bytes: bytesOf('Greet the caller.\nBe brief.\n') }],
  tools: [ToolDescription.parse(findSlots)],
  bundle: [
    { path: 'index.mjs', bytes: bytesOf('export const tools = [];\n') },
    { path: 'tools/find_slots.ts', bytes: bytesOf('export const tool = 1;\n') },
  ],
  bundleBuilder: 'esbuild@0.28.2',
  documents: [{ path: 'knowledge/hours.md', text: '# Opening hours\n\nWe open at nine.\n' }],
  ...changes,
});

/** A map as the store of a build's parts. */
export const storeOf = (build: ReleaseBuild) => {
  const stored = new Map(build.parts.map(({ digest, bytes }) => [digest as string, bytes]));
  return async (digest: string): Promise<Uint8Array> => {
    const bytes = stored.get(digest);
    if (!bytes) throw new Error(`no ${digest}`);
    return bytes;
  };
};

export const contentOf = async (changes: Partial<AgentSource> = {}): Promise<ReleaseContent> => {
  const build = await assembleRelease(agentSource(changes));
  return loadRelease(build.manifest, storeOf(build));
};

export const digest = (text: string) => digestOf(text);
