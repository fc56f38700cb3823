import { assertNever } from '#core/errors.ts';
import type { FlowAction } from '#core/flow/flow.ts';
import { applyFunctionResult, end, type FlowState, type FlowStep, type NodeEntry, start } from '#core/flow/machine.ts';
import type { CallLog } from '../../log.ts';
import type { LlmCause } from '../../providers/provider.ts';
import { failureOf } from '../failure.ts';
import type { CallEnd, Frame } from '../frame.ts';
import { History } from '../history.ts';
import { type FunctionCall, Model, type ModelOptions, textOf } from '../model.ts';
import { type Direction, type Output, pass, type Processor } from '../pipeline.ts';
import { SpeechOut } from '../speech-out.ts';
import type { ToolOutcome, ToolSession } from '../toolbox.ts';

const handOver = 'I will connect you with a person now.';
const apology = 'I am sorry, something went wrong on my side. Goodbye.';

export interface ConversationOptions extends ModelOptions {
  readonly session: ToolSession;
  readonly log: CallLog;
}

/** Runs the flow: the model speaks and calls functions only inside a node; where the conversation goes is data (V2). */
export class Conversation implements Processor {
  readonly name = 'conversation';
  readonly history = new History();
  readonly #options: ConversationOptions;
  readonly #speech: SpeechOut;
  readonly #model: Model;
  #output: Output | undefined;
  #entry: NodeEntry | undefined;
  #state: FlowState | undefined;
  /** The node's actions after its first answer are still to be done. */
  #postActionsDue = false;
  /** One thing at a time: a turn waits for the function of the turn before. */
  #serial: Promise<void> = Promise.resolve();
  #reply = new AbortController();
  #failure: CallEnd | undefined;
  #ending: CallEnd | undefined;
  #closed = false;
  #turns = 0;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#model = new Model(options, this.history);
    const heldBack = () => options.log.warn('guardrail-held-back', {});
    this.#speech = new SpeechOut(
      options.config.guardrails,
      this.history,
      (frame) => this.#output?.down(frame),
      heldBack,
    );
  }

  get turns(): number {
    return this.#turns;
  }

  get costUsd(): number {
    return this.#model.costUsd;
  }

  handle(frame: Frame, direction: Direction, output: Output): void {
    this.#output = output;
    switch (frame.kind) {
      case 'start':
        return this.#next(() => this.#begin());
      case 'speech-started':
        if (this.#turns === 0 && this.#entry) void this.#options.toolbox.prepare(this.#model.functionsOf(this.#entry));
        return pass(frame, direction, output);
      case 'transcription':
        return this.#next(() => this.#turn(frame));
      case 'interruption':
        this.#reply.abort();
        this.#reply = new AbortController();
        pass(frame, direction, output);
        return this.history.interrupted();
      case 'heard':
        return this.history.heard(frame.utterance, frame.text);
      case 'goodbye':
        return this.#next(() => this.#sayGoodbye({ outcome: 'completed', taskSucceeded: false }));
      case 'failure':
        return this.#next(() =>
          this.#fail({ outcome: 'failed', errorClass: frame.errorClass, errorDetail: frame.detail }),
        );
      default:
        pass(frame, direction, output);
    }
  }

  /** How the call ends, as far as that is decided: what went wrong decides it, whatever follows. */
  get ending(): CallEnd | undefined {
    return this.#ending ?? this.#failure;
  }

  close(): void {
    this.#closed = true;
    this.#reply.abort();
  }

  get #over(): boolean {
    return this.#closed || this.#ending !== undefined;
  }

  #next(work: () => Promise<void>): void {
    this.#serial = this.#serial
      .then(() => (this.#over ? undefined : work()))
      .catch((error: unknown) => this.#fail(failureOf(error, 'process')));
  }

  async #begin(): Promise<void> {
    const { branding, compliance } = this.#options.config;
    for (const text of [compliance.disclosure, branding?.greeting]) if (text !== undefined) this.#speech.say(text);
    await this.#follow(start(this.#options.release.flow));
  }

  async #turn({ text, confidence, spokenAt }: Extract<Frame, { kind: 'transcription' }>): Promise<void> {
    const { config, log } = this.#options;
    this.#turns++;
    this.history.add({ role: 'user', content: text });
    log.info('caller-turn', { turn: this.#turns, confidence, redactable: { text } });
    this.#speech.begin(spokenAt);
    const said = text.toLowerCase();
    if (config.guardrails.escalationPhrases.some((phrase) => said.includes(phrase.toLowerCase()))) {
      this.#speech.say(handOver);
      return this.#end({ outcome: 'escalated', taskSucceeded: false });
    }
    if (this.#turns > config.limits.maxTurns) return this.#sayGoodbye({ outcome: 'completed', taskSucceeded: false });
    await this.#respond('turn');
  }

  /** Asks the model until it neither calls a function nor moves. */
  async #respond(first: LlmCause): Promise<void> {
    let cause = first;
    for (let calls = 0; !this.#over; calls++) {
      const entry = this.#entry;
      if (!entry) return;
      if (calls > this.#options.config.limits.maxFunctionCallsPerTurn) {
        return this.#fail({
          outcome: 'failed',
          errorClass: 'policy',
          errorDetail: 'too many function calls in one turn',
        });
      }
      const { signal } = this.#reply;
      const call = await this.#model.ask(entry, cause, signal, (text) => this.#speech.write(text));
      if (signal.aborted) return;
      this.#speech.flush();
      if (!call) {
        if (this.#failure) return this.#end(this.#failure);
        return this.#postActions(entry);
      }
      const follow = await this.#function(entry, call);
      if (follow === 'waits') return;
      cause = follow;
    }
  }

  /** Runs a function that the model called. @returns why the model is asked next, or `waits` for the caller */
  async #function(entry: NodeEntry, { name, args }: FunctionCall): Promise<LlmCause | 'waits'> {
    const { toolbox, session, log, clock, release } = this.#options;
    const fn = this.#model.functionsOf(entry).find((offered) => offered.name === name);
    if (!fn) {
      log.warn('function-not-offered', { node: entry.state.node });
      this.#told(name, { error: `function ${name} is not offered here` });
      return 'result';
    }
    const startedAt = clock.now();
    const signal = fn.cancel_on_interruption ? this.#reply.signal : new AbortController().signal;
    const outcome = await toolbox.call(fn, args, session, signal);
    log.info('function-called', { function: name, outcome: outcome.kind, latencyMs: clock.now() - startedAt });
    if (this.#over || (signal.aborted && outcome.kind !== 'result')) return 'waits';
    switch (outcome.kind) {
      case 'invalid':
        this.#told(name, { error: outcome.problems.join('; ') });
        return 'result';
      case 'failed':
        this.#toolFailed(name, outcome);
        return 'failure';
      case 'result': {
        this.#told(name, outcome.result);
        const { outcome: result, next_node: nextNode } = outcome.result;
        const given = {
          ...(result !== undefined && { outcome: result }),
          ...(nextNode !== undefined && { nextNode }),
        };
        return this.#follow(applyFunctionResult(release.flow, entry.state, name, given));
      }
      default:
        return assertNever(outcome);
    }
  }

  /** What a function gave, for the model. */
  #told(name: string, result: object): void {
    this.history.add({ role: 'function', name, content: JSON.stringify(result) });
  }

  #toolFailed(name: string, { error }: Extract<ToolOutcome, { kind: 'failed' }>): void {
    this.#options.log.error('tool-failed', {
      function: name,
      detail: error.message,
      redactable: { cause: String(error.cause) },
    });
    this.#failure ??= { outcome: 'failed', errorClass: 'tool', errorDetail: error.message };
    this.#told(name, { error: error.message });
  }

  /** Goes where the flow says. @returns why the model is asked next, or `waits` */
  async #follow(step: FlowStep): Promise<LlmCause | 'waits'> {
    if (step.kind === 'stay') return 'result';
    if (step.kind === 'refused') {
      const errorClass = step.reason === 'unknown-outcome' || step.reason === 'unknown-node' ? 'tool' : 'policy';
      await this.#fail({ outcome: 'failed', errorClass, errorDetail: step.message });
      return 'waits';
    }
    const { entry } = step;
    const isFirst = this.#entry === undefined;
    this.#options.log.info('node-entered', { node: entry.state.node, transitions: entry.state.transitions });
    await this.#enter(entry);
    if (this.#over || !entry.respondImmediately) return 'waits';
    if (!isFirst) return 'enter';
    await this.#respond('enter');
    return 'waits';
  }

  async #enter(entry: NodeEntry): Promise<void> {
    const { strategy } = entry.context;
    const summary =
      strategy.strategy === 'RESET_WITH_SUMMARY'
        ? await this.#model.summarize(
            this.#entry ?? entry,
            textOf(this.#options.release, strategy.summary_prompt),
            this.#reply.signal,
          )
        : undefined;
    this.#entry = entry;
    this.#state = entry.state;
    this.#postActionsDue = true;
    for (const action of entry.preActions) await this.#act(action);
    if (strategy.strategy !== 'APPEND') this.history.reset(summary);
    for (const message of entry.context.messages) {
      const content =
        'content' in message ? message.content : textOf(this.#options.release, { prompt: message.prompt });
      this.history.add({ role: message.role, content });
    }
  }

  async #postActions(entry: NodeEntry): Promise<void> {
    if (!this.#postActionsDue) return;
    this.#postActionsDue = false;
    for (const action of entry.postActions) await this.#act(action);
  }

  async #act(action: FlowAction): Promise<void> {
    if (this.#over) return;
    switch (action.type) {
      case 'tts_say':
        return this.#speech.say(action.text);
      case 'end_conversation': {
        if (action.text !== undefined) this.#speech.say(action.text);
        if (this.#state) this.#state = end(this.#state, action);
        const { outcome } = action;
        return this.#end({ outcome, taskSucceeded: action.task_succeeded ?? outcome === 'completed' });
      }
      case 'function':
      case 'custom': {
        const { session, toolbox } = this.#options;
        const args = action.type === 'custom' ? action.arguments : {};
        const outcome = await toolbox.run(action.handler, args, session, { signal: this.#reply.signal });
        if (outcome.kind === 'failed') this.#toolFailed(action.handler, outcome);
        return;
      }
      default:
        return assertNever(action);
    }
  }

  async #sayGoodbye(callEnd: CallEnd): Promise<void> {
    this.#speech.say(this.#options.config.limits.goodbye);
    this.#end(callEnd);
  }

  async #fail(callEnd: CallEnd): Promise<void> {
    if (this.#over) return;
    this.#options.log.error('call-failed', { error_class: callEnd.errorClass, detail: callEnd.errorDetail });
    this.#failure ??= callEnd;
    if (callEnd.errorClass !== 'tts') this.#speech.say(apology);
    this.#end(callEnd);
  }

  /** Nothing more is said; the call is over when everything that was said is heard. */
  #end(callEnd: CallEnd): void {
    if (this.#over) return;
    this.#ending = this.#failure ?? callEnd;
    this.#output?.down({ kind: 'end', end: this.#ending });
  }
}
