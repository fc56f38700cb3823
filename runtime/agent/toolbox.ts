import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LastgoodError } from '#core/errors.ts';
import type { FlowFunction } from '#core/flow/flow.ts';
import type * as KnowledgeIndexModule from '#core/release/knowledge-index.ts';
import type { Tool, ToolContext, ToolResult } from '#core/release/tool.ts';
import { type Clock, within } from '#core/clock.ts';
import type { OfferedFunction } from '../providers/provider.ts';
import { type PreparedRelease, releaseFiles } from './ipc.ts';

/** Loads a module of this project at once: Node gives synchronous access to modules without top-level await. */
const load = createRequire(import.meta.url);
const bundleEntry = 'index.mjs';
const defaultTimeoutMs = 10_000;
const maxResultCharacters = 100_000;

export type ToolOutcome =
  | { readonly kind: 'result'; readonly result: ToolResult }
  /** The arguments break the schema; the tool did not run. Problems name fields, never values. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] }
  | { readonly kind: 'failed'; readonly error: LastgoodError };

export interface ToolSession {
  readonly sessionId: string;
  readonly customerId: string;
  readonly businessRules: ToolContext['businessRules'];
}

type Check = (input: unknown) => readonly string[];

/**
 * The tools of the release. Which may run, with which arguments and how long, is decided here and by the flow, never by the model.
 * Validation loads when a caller first speaks and search when a tool searches: a call that needs neither never pays for them.
 */
export class Toolbox {
  readonly #tools: ReadonlyMap<string, Tool>;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #checks = new WeakMap<FlowFunction, Check>();
  readonly #memory = new Map<string, unknown>();
  #search: ToolContext['search'] | undefined;

  private constructor(tools: ReadonlyMap<string, Tool>, folder: string, clock: Clock) {
    this.#tools = tools;
    this.#folder = folder;
    this.#clock = clock;
  }

  /** Loads the bundle. @throws LastgoodError `invalid-input` when it differs from what the release says about its tools */
  static async load({ tools, manifest }: PreparedRelease, folder: string, clock: Clock): Promise<Toolbox> {
    if (tools.length === 0) return new Toolbox(new Map(), folder, clock);
    const module: unknown = await import(pathToFileURL(join(folder, releaseFiles.bundle, bundleEntry)).href);
    const bundled = (module as { readonly tools?: readonly Tool[] }).tools ?? [];
    const byName = new Map(bundled.map((tool) => [tool.name, tool]));
    for (const { name } of tools) {
      const tool = byName.get(name);
      if (typeof tool?.run !== 'function') throw new LastgoodError('invalid-input', `the bundle has no tool ${name}`);
      const granted: readonly string[] =
        Object.entries(manifest.tools.permissions).find(([key]) => key === name)?.[1] ?? [];
      const excess = tool.permissions.filter((permission) => !granted.includes(permission));
      if (excess.length > 0) {
        throw new LastgoodError(
          'invalid-input',
          `tool ${name} wants ${excess.join(', ')}, which its release does not grant`,
        );
      }
    }
    // The parameters that were reviewed are the manifest's; the code's own copy does not count.
    const described = tools.flatMap(({ name, parameters }): [string, Tool][] => {
      const tool = byName.get(name);
      return tool ? [[name, { ...tool, parameters }]] : [];
    });
    return new Toolbox(new Map(described), folder, clock);
  }

  /** Loads what function calls need, while the caller still speaks. Never rejects: the call that needs it reports. */
  async prepare(functions: readonly FlowFunction[]): Promise<void> {
    await Promise.all(functions.map((fn) => this.#checkOf(fn))).catch(() => undefined);
  }

  /** A function as the model sees it. */
  offer(fn: FlowFunction): OfferedFunction {
    const tool = fn.handler === undefined ? undefined : this.#tools.get(fn.handler);
    return { name: fn.name, description: fn.description, parameters: schemaOf(fn, tool) };
  }

  /** Runs the function's tool; a function without one gives an empty result. Never rejects. */
  async call(
    fn: FlowFunction,
    args: Readonly<Record<string, unknown>>,
    session: ToolSession,
    signal: AbortSignal,
  ): Promise<ToolOutcome> {
    try {
      const problems = (await this.#checkOf(fn))(args);
      if (problems.length > 0) return { kind: 'invalid', problems };
    } catch (error) {
      return failed(`the parameters of ${fn.name} cannot be checked`, error);
    }
    if (fn.handler === undefined) return { kind: 'result', result: {} };
    return this.run(fn.handler, args, session, { timeoutMs: fn.timeout_secs * 1_000, signal });
  }

  /** Runs a tool by name, for actions of the flow. Never rejects. */
  async run(
    name: string,
    args: Readonly<Record<string, unknown>>,
    session: ToolSession,
    { timeoutMs = defaultTimeoutMs, signal }: { readonly timeoutMs?: number; readonly signal: AbortSignal },
  ): Promise<ToolOutcome> {
    const tool = this.#tools.get(name);
    if (!tool) return failed(`the release has no tool ${name}`);
    const stop = new AbortController();
    const context: ToolContext = {
      ...session,
      now: () => new Date(this.#clock.now()),
      signal: AbortSignal.any([signal, stop.signal]),
      search: (query, limit) => this.#searchIndex()(query, limit),
      memory: this.#memory,
    };
    try {
      const late = () => new Error(`no result within ${timeoutMs} ms`);
      const result = await within(this.#clock, timeoutMs, (async () => tool.run({ ...args }, context))(), late);
      const text = JSON.stringify(result ?? {});
      if (text.length > maxResultCharacters)
        return failed(`tool ${name} gave more than ${maxResultCharacters} characters`);
      return { kind: 'result', result: JSON.parse(text) as ToolResult };
    } catch (error) {
      return failed(`tool ${name} failed: ${error instanceof Error ? error.name : 'an error'}`, error);
    } finally {
      stop.abort();
    }
  }

  async #checkOf(fn: FlowFunction): Promise<Check> {
    const known = this.#checks.get(fn);
    if (known) return known;
    const { compileParameters } = await import('#core/release/json-schema.ts');
    const check = compileParameters(this.offer(fn).parameters, `parameters of ${fn.name}`);
    this.#checks.set(fn, check);
    return check;
  }

  /** Loaded by the first tool that searches, in the middle of its synchronous call. */
  #searchIndex(): ToolContext['search'] {
    if (this.#search) return this.#search;
    const { openIndex } = load('#core/release/knowledge-index.ts') as typeof KnowledgeIndexModule;
    this.#search = openIndex(readFileSync(join(this.#folder, releaseFiles.index), 'utf8')).search;
    return this.#search;
  }
}

const failed = (message: string, cause?: unknown): ToolOutcome => ({
  kind: 'failed',
  error: new LastgoodError('tool-failed', message, { cause }),
});

const schemaOf = (fn: FlowFunction, tool: Pick<Tool, 'parameters'> | undefined): Readonly<Record<string, unknown>> => {
  const { properties, required } = fn;
  const base = tool?.parameters ?? { type: 'object', properties: {}, additionalProperties: false };
  if (!properties && !required) return base;
  return { ...base, type: 'object', ...(properties && { properties }), ...(required && { required }) };
};
