import { LastgoodError } from '#core/errors.ts';
import { parseYamlAs } from '#core/parse-yaml.ts';
import { AgentConfig } from '#core/release/agent-config.ts';
import type { BundleFile } from '#core/release/bundle.ts';
import { EvalSuite } from '#core/release/eval-suite.ts';
import type { KnowledgeDocument } from '#core/release/knowledge-index.ts';
import { decodeText } from '#core/release/text.ts';
import { type AgentFolder, openAgentFolder } from './agent-folder.ts';

/** What may stand at the top of an agent's folder, and what becomes of it. Anything else is an error, never skipped. */
const entries: Readonly<Record<string, string>> = {
  'agent.yaml': 'the manifest',
  'flow.yaml': 'part prompts',
  prompts: 'part prompts',
  tools: 'parts code and tools',
  knowledge: 'part data',
  evals: 'evidence, not part of the release',
  callers: 'synthetic callers, not part of the release',
  overlays: 'reference overlays, not part of the release',
  'README.md': 'for people',
  LICENSE: 'for people',
  'package.json': 'packages of the tools',
  'package-lock.json': 'packages of the tools',
  node_modules: 'packages of the tools',
  'tsconfig.json': 'for editors; the build has its own settings',
};

/** An agent's folder, read and parsed; the tools are not bundled yet. */
export interface AgentFiles {
  readonly folder: AgentFolder;
  readonly config: AgentConfig;
  readonly flow: Uint8Array;
  readonly prompts: readonly BundleFile[];
  readonly documents: readonly KnowledgeDocument[];
  /** Names of the files right under `tools/`: each exports one tool. */
  readonly toolFiles: readonly string[];
  readonly evals: readonly { readonly path: string; readonly cases: number }[];
}

/**
 * Reads an agent's folder.
 * @throws LastgoodError `invalid-input` with file, line and what is allowed
 */
export const readAgent = async (path: string): Promise<AgentFiles> => {
  const folder = await openAgentFolder(path);
  const unknown = folder.names.filter((name) => !Object.hasOwn(entries, name));
  if (unknown.length > 0) {
    throw new LastgoodError(
      'invalid-input',
      `${path} holds ${unknown.join(', ')}, which is no part of an agent; allowed are ${Object.keys(entries).join(', ')}. ` +
        'Move it elsewhere or correct its name.',
    );
  }
  const config = parseYamlAs(AgentConfig, decodeText(await folder.read('agent.yaml'), 'agent.yaml'), 'agent.yaml');
  return {
    folder,
    config,
    flow: await folder.read('flow.yaml'),
    prompts: textFiles(await folder.readAll('prompts'), ['.md', '.txt']),
    documents: textFiles(await folder.readAll('knowledge'), ['.md', '.txt']).map(({ path, bytes }) => ({
      path,
      text: decodeText(bytes, path),
    })),
    toolFiles: toolFilesOf(await folder.readAll('tools')),
    evals: (await folder.readAll('evals')).map(checkEvals),
  };
};

const textFiles = (files: readonly BundleFile[], extensions: readonly string[]): readonly BundleFile[] => {
  for (const { path, bytes } of files) {
    if (!extensions.some((extension) => path.endsWith(extension))) {
      throw new LastgoodError(
        'invalid-input',
        `${path} is not read by anything; allowed are ${extensions.join(' and ')} files`,
      );
    }
    decodeText(bytes, path);
  }
  return files;
};

/** Files in folders below `tools/` are for tools to import; right under it, each file is a tool. */
const toolFilesOf = (files: readonly BundleFile[]): readonly string[] => {
  const tools = files.map((file) => file.path).filter((path) => path.split('/').length === 2);
  const wrong = tools.find((path) => !/^tools\/[a-z][a-z0-9_]*\.ts$/.test(path));
  if (wrong !== undefined) {
    throw new LastgoodError(
      'invalid-input',
      `${wrong} is no tool; a tool is a file tools/<name>.ts with a snake_case name. Put code that tools share into a folder below tools/.`,
    );
  }
  return tools;
};

const checkEvals = ({ path, bytes }: BundleFile) => {
  if (!/\.ya?ml$/.test(path))
    throw new LastgoodError('invalid-input', `${path} is no eval suite; evals are *.yaml files`);
  return { path, cases: parseYamlAs(EvalSuite, decodeText(bytes, path), path).cases.length };
};
