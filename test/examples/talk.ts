import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildRelease } from '#cli/agent/build-release.ts';
import { systemClock } from '#core/clock.ts';
import { type Flow, type FlowFunction, parseFlow } from '#core/flow/flow.ts';
import { applyFunctionResult, end, type FlowStep, type NodeEntry, start } from '#core/flow/machine.ts';
import { effectiveConfig, emptyOverlay } from '#core/overlay/effective-config.ts';
import type { ReleaseBuild } from '#core/release/assemble.ts';
import { loadRelease } from '#core/release/content.ts';
import { type KnowledgeIndex, openIndex } from '#core/release/knowledge-index.ts';
import type { Tool, ToolContext } from '#core/release/tool.ts';
import { type LlmCause, type Message } from '#runtime/providers/provider.ts';
import { scriptedLlm } from '#runtime/providers/scripted/llm.ts';
import { ScriptedLlmParams } from '#runtime/providers/scripted/params.ts';
import { type Copy, emptyFolder } from './agent-copy.ts';

/** A built agent that can be talked to in text: its own flow, tools, script and documents, without audio or processes. */
export interface Agent extends AsyncDisposable {
  readonly flow: Flow;
  readonly params: ScriptedLlmParams;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly index: KnowledgeIndex;
  /** Of a customer without an overlay. */
  readonly businessRules: ToolContext['businessRules'];
}

/** How a conversation went. */
export interface Talk {
  readonly outcome: 'completed' | 'escalated' | 'failed' | 'open';
  readonly said: readonly string[];
  readonly calls: readonly string[];
}

export const agentOf = async (folder: Copy): Promise<Agent> => {
  const build = await buildRelease(folder.path);
  const parts = new Map<string, Uint8Array>(build.parts.map(({ digest, bytes }) => [digest, bytes]));
  const content = await loadRelease(build.manifest, async (digest) => parts.get(digest) ?? new Uint8Array());
  const code = await emptyFolder();
  const module = join(code.path, 'index.mjs');
  await writeFile(module, content.bundle.find((file) => file.path === 'index.mjs')?.bytes ?? '');
  const { tools } = (await import(pathToFileURL(module).href)) as { tools: readonly Tool[] };
  return {
    flow: parseFlow(content.flow),
    params: ScriptedLlmParams.parse(build.manifest.model.params),
    tools: new Map(tools.map((tool) => [tool.name, tool])),
    index: openIndex(content.index),
    businessRules: rulesOf(build),
    [Symbol.asyncDispose]: () => code[Symbol.asyncDispose](),
  };
};

const rulesOf = ({ manifest }: ReleaseBuild): Agent['businessRules'] => {
  const merge = effectiveConfig({ ...manifest, functions: [] }, emptyOverlay(manifest));
  if (merge.kind === 'refused') throw new Error('an agent without an overlay is refused');
  return merge.config.businessRules;
};

/** A caller says the lines in order at the session's clock; stops when the agent ends the call. */
export const talk = async (agent: Agent, lines: readonly string[], now: Date): Promise<Talk> => {
  const messages: Message[] = [];
  const said: string[] = [];
  const calls: string[] = [];
  const memory = new Map<string, unknown>();
  let entry: NodeEntry | undefined;
  let outcome: Talk['outcome'] = 'open';

  const run = async (fn: FlowFunction, args: Readonly<Record<string, unknown>>) =>
    fn.handler === undefined
      ? {}
      : agent.tools.get(fn.handler)?.run(
          { ...args },
          {
            sessionId: 'session',
            customerId: 'customer',
            now: () => now,
            signal: new AbortController().signal,
            search: agent.index.search,
            businessRules: agent.businessRules,
            memory,
          },
        );

  const follow = async (step: FlowStep): Promise<void> => {
    if (step.kind === 'refused') throw new Error(step.message);
    if (step.kind === 'stay') return answer('result');
    entry = step.entry;
    await answer('enter');
    for (const action of step.entry.postActions) {
      if (action.type !== 'end_conversation') throw new Error(`unexpected action ${action.type}`);
      const state = end(step.entry.state, action);
      outcome = state.kind === 'ended' ? state.outcome : outcome;
      said.push(action.text ?? '');
    }
  };

  const answer = async (cause: LlmCause): Promise<void> => {
    if (!entry) throw new Error('no node');
    const { state, functions } = entry;
    const offered = functions.map(({ name, description }) => ({ name, description, parameters: {} }));
    const { signal } = new AbortController();
    const request = { node: state.node, cause, messages, functions: offered, signal };
    const llm = scriptedLlm.open(agent.params, { clock: systemClock, parameters: {}, signal });
    for await (const event of llm.respond(request)) {
      if (event.type === 'text') said.push(event.text);
      if (event.type !== 'call') continue;
      const fn = functions.find(({ name }) => name === event.name);
      if (!fn) throw new Error(`${event.name} is not offered in ${state.node}`);
      calls.push(event.name);
      try {
        const result = (await run(fn, event.args)) ?? {};
        messages.push({ role: 'function', name: fn.name, content: JSON.stringify(result) });
        const { outcome: given, next_node: nextNode } = result;
        const decidesBy = {
          ...(given !== undefined && { outcome: given }),
          ...(nextNode !== undefined && { nextNode }),
        };
        await follow(applyFunctionResult(agent.flow, state, fn.name, decidesBy));
      } catch (error) {
        if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
        outcome = 'failed';
      }
    }
  };

  await follow(start(agent.flow));
  for (const line of lines) {
    if (outcome !== 'open') break;
    messages.push({ role: 'user', content: line });
    await answer('turn');
  }
  return { outcome, said, calls };
};
