import { requireChannelRules } from '../channel/rules.ts';
import { LastgoodError } from '../errors.ts';
import { type Flow, parseFlow } from '../flow/flow.ts';
import { flowProblems, unreachableNodes } from '../flow/references.ts';
import { parseOrThrow } from '../parse.ts';
import type { AgentConfig } from './agent-config.ts';
import { type BundleFile, packBundle } from './bundle.ts';
import { canonicalJson, releaseIdOf } from './canonical.ts';
import { digestOf, type ReleaseId } from '../words/digest.ts';
import { compileParameters } from './json-schema.ts';
import { buildIndex, indexBuilder, type KnowledgeDocument } from './knowledge-index.ts';
import { Manifest } from './manifest.ts';
import { type PartRef, partsOf } from './parts.ts';
import { ScriptedRules, scriptedRuleProblems } from './scripted-rules.ts';
import { decodeText } from './text.ts';
import { type ToolDescription, ToolManifest } from './tool.ts';

/** An agent's folder, read and bundled: everything that decides the release id. */
export interface AgentSource {
  readonly config: AgentConfig;
  /** `flow.yaml` as it is. */
  readonly flow: Uint8Array;
  /** Files of `prompts/`. */
  readonly prompts: readonly BundleFile[];
  readonly tools: readonly ToolDescription[];
  /** `index.mjs` and the sources it was made of. */
  readonly bundle: readonly BundleFile[];
  /** `name@version` of what made the bundle. */
  readonly bundleBuilder: string;
  readonly documents: readonly KnowledgeDocument[];
}

/** One object to store: its bytes and the digest that names them. */
export interface ReleasePart extends PartRef {
  readonly bytes: Uint8Array;
}

/** A finished release, not yet published. */
export interface ReleaseBuild {
  readonly id: ReleaseId;
  readonly manifest: Manifest;
  readonly parts: readonly ReleasePart[];
  /** Things that are allowed and probably not meant, one line each. */
  readonly warnings: readonly string[];
}

/** Largest manifest in bytes; it has to fit into one registry item with room for the rest. */
export const maxManifestBytes = 300_000;

const utf8 = new TextEncoder();

/**
 * Makes the release of an agent: checks every rule that needs no running call, then names everything by digest.
 * Pure: equal sources give equal bytes and the same id (R1).
 * @throws LastgoodError `invalid-input` or `channel-rule`
 */
export const assembleRelease = async (source: AgentSource): Promise<ReleaseBuild> => {
  const { config } = source;
  const warnings = checkSource(source);
  const toolManifest = parseOrThrow(
    ToolManifest,
    { schema: 'lastgood.tools/1', tools: [...source.tools].sort((a, b) => (a.name < b.name ? -1 : 1)) },
    'the tools',
  );
  const stored = {
    bundle: await packBundle(source.bundle),
    tools: utf8.encode(canonicalJson(toolManifest)),
    index: utf8.encode(buildIndex(source.documents)),
  };
  const { budgets, limits, guardrails, overlay } = config;
  const manifest = parseOrThrow(
    Manifest,
    {
      schema: 'lastgood.release/1',
      service: config.service,
      version: config.version,
      channels: [...config.channels].sort(),
      tier: config.tier,
      code: {
        ...(config.image !== undefined && { image: config.image }),
        bundle: digestOf(stored.bundle),
        builder: source.bundleBuilder,
      },
      model: config.model,
      prompts: {
        files: Object.fromEntries(source.prompts.map(({ path, bytes }) => [path, digestOf(bytes)])),
        flow: digestOf(source.flow),
      },
      tools: {
        manifest: digestOf(stored.tools),
        permissions: Object.fromEntries(toolManifest.tools.map(({ name, permissions }) => [name, permissions])),
      },
      data: { index: digestOf(stored.index), builder: indexBuilder },
      controls: { budgets, limits, guardrails, overlay },
    },
    'the release',
  );
  const size = utf8.encode(canonicalJson(manifest)).length;
  if (size > maxManifestBytes) {
    throw new LastgoodError(
      'invalid-input',
      `the manifest has ${size} bytes; at most ${maxManifestBytes} are allowed. Shorten model.params or the list of files.`,
    );
  }
  const bytes = new Map([stored.bundle, stored.tools, stored.index, source.flow].map((all) => [digestOf(all), all]));
  for (const prompt of source.prompts) bytes.set(digestOf(prompt.bytes), prompt.bytes);
  return { id: releaseIdOf(manifest), manifest, parts: withBytes(partsOf(manifest), bytes), warnings };
};

/** Rules across files: channels, the flow's references, parameter schemas. */
const checkSource = ({ config, flow: flowBytes, prompts, tools }: AgentSource): readonly string[] => {
  const flow = parseFlow(decodeText(flowBytes, 'flow.yaml'), 'flow.yaml');
  requireChannelRules({ tier: config.tier, channels: config.channels, flow, model: config.model });
  for (const tool of tools) compileParameters(tool.parameters, `tools/${tool.name}.ts: parameters`);
  const problems = [
    ...flowProblems(flow, {
      tools: Object.fromEntries(
        tools.map((tool) => [tool.name, { parameters: parameterNames(tool), outcomes: tool.outcomes }]),
      ),
      prompts: prompts.map((prompt) => prompt.path),
    }),
    ...scriptedProblems(config, flow),
  ];
  if (problems.length > 0) {
    throw new LastgoodError('invalid-input', `the agent refers to what does not exist:\n  ${problems.join('\n  ')}`, {
      details: { problems },
    });
  }
  return unreachableNodes(flow).map((node) => `flow.yaml: no function leads to node ${node}`);
};

const scriptedProblems = ({ model }: AgentConfig, flow: Flow): readonly string[] =>
  model.provider === 'scripted'
    ? scriptedRuleProblems(parseOrThrow(ScriptedRules, model.params, 'model.params of agent.yaml'), flow)
    : [];

const parameterNames = ({ parameters }: ToolDescription): readonly string[] => {
  const properties: unknown = parameters['properties'];
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
};

const withBytes = (refs: readonly PartRef[], bytes: ReadonlyMap<string, Uint8Array>): readonly ReleasePart[] =>
  refs.map((ref) => {
    const found = bytes.get(ref.digest);
    if (!found) throw new LastgoodError('internal', `no bytes for ${ref.what}`);
    return { ...ref, bytes: found };
  });
