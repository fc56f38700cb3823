import { type Clock, underLimit } from '#core/clock.ts';
import type { FlowFunction, FlowText } from '#core/flow/flow.ts';
import type { NodeEntry } from '#core/flow/machine.ts';
import type { EffectiveConfig } from '#core/overlay/effective-config.ts';
import { type Llm, type LlmCause, type LlmRequest, type Message, ProviderError } from '../providers/provider.ts';
import type { History } from './history.ts';
import type { PreparedRelease } from './ipc.ts';
import type { Toolbox } from './toolbox.ts';

/** A model that has not finished its answer by then has failed. */
const modelLimitMs = 15_000;

export interface ModelOptions {
  readonly release: PreparedRelease;
  readonly config: EffectiveConfig;
  readonly llm: Llm;
  readonly clock: Clock;
  readonly toolbox: Toolbox;
}

/** A function that the model wants called. */
export interface FunctionCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Text in place, or of a prompt file. */
export const textOf = ({ prompts }: PreparedRelease, text: FlowText): string =>
  typeof text === 'string' ? text : (prompts[text.prompt] ?? '');

/** The language model of one call: it sees the node it is in and nothing else. */
export class Model {
  readonly #options: ModelOptions;
  readonly #history: History;
  #costUsd = 0;

  constructor(options: ModelOptions, history: History) {
    this.#options = options;
    this.#history = history;
  }

  /** Of all answers so far, in US dollars. */
  get costUsd(): number {
    return this.#costUsd;
  }

  /** What the node offers and the customer's overlay allows. */
  functionsOf(entry: NodeEntry): readonly FlowFunction[] {
    return entry.functions.filter(({ name }) => this.#options.config.functions.includes(name));
  }

  /**
   * One answer.
   * @param onText takes the text in pieces
   * @returns the function it calls; undefined when there is none, or `signal` has ended the answer
   * @throws ProviderError
   */
  async ask(
    entry: NodeEntry,
    cause: LlmCause,
    signal: AbortSignal,
    onText: (text: string) => void,
  ): Promise<FunctionCall | undefined> {
    return this.#answer(this.#request(entry, cause, signal), onText);
  }

  /** A summary of the conversation, as `prompt` asks for it. @throws ProviderError */
  async summarize(entry: NodeEntry, prompt: string, signal: AbortSignal): Promise<string> {
    const request = this.#request(entry, 'summary', signal);
    const messages: readonly Message[] = [...request.messages, { role: 'system', content: prompt }];
    let summary = '';
    await this.#answer({ ...request, functions: [], messages }, (text) => {
      summary += text;
    });
    return summary;
  }

  async #answer(request: LlmRequest, onText: (text: string) => void): Promise<FunctionCall | undefined> {
    const { clock, llm } = this.#options;
    const late = (cause?: unknown) =>
      new ProviderError('llm_timeout', `the model gave no answer within ${modelLimitMs} ms`, { cause });
    const ask = async (limit: AbortSignal) => {
      let call: FunctionCall | undefined;
      const signal = AbortSignal.any([request.signal, limit]);
      try {
        for await (const event of llm.respond({ ...request, signal })) {
          if (request.signal.aborted) return undefined;
          if (event.type === 'text') onText(event.text);
          else if (event.type === 'usage') this.#costUsd += event.costUsd;
          else call = event;
        }
      } catch (error) {
        if (request.signal.aborted) return undefined;
        throw limit.aborted ? late(error) : error;
      }
      return call;
    };
    return underLimit(clock, modelLimitMs, ask, late);
  }

  #request(entry: NodeEntry, cause: LlmCause, signal: AbortSignal): LlmRequest {
    const { config, toolbox, release } = this.#options;
    const { role } = entry.context;
    const parts = [role === undefined ? '' : textOf(release, role), config.systemPromptAdditions];
    const content = parts.filter((part) => part !== '').join('\n\n');
    const messages = this.#history.messages;
    return {
      node: entry.state.node,
      cause,
      messages: content === '' ? messages : [{ role: 'system', content }, ...messages],
      functions: this.functionsOf(entry).map((fn) => toolbox.offer(fn)),
      signal,
    };
  }
}
