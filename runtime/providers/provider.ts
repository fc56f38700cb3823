import type { Clock } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import type { ErrorClass } from '#core/words/outcome.ts';
import type { Definition } from '../registry.ts';

/** A provider's failure; the class says which part of the call failed (X4). */
export class ProviderError extends LastgoodError {
  readonly errorClass: ErrorClass;

  constructor(
    errorClass: ErrorClass,
    message: string,
    options: { readonly retryable?: boolean; readonly cause?: unknown } = {},
  ) {
    super('provider-failed', message, options);
    this.errorClass = errorClass;
  }
}

export interface Transcript {
  readonly text: string;
  /** 0 to 1. */
  readonly confidence: number;
}

/** What a provider is opened with for one call. */
export interface CallContext {
  readonly clock: Clock;
  /** Parameters that came with the call when it began, whatever its transport. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Aborts when the call is over. */
  readonly signal: AbortSignal;
}

export interface SttContext extends CallContext {
  /** BCP 47. */
  readonly language: string;
  readonly vocabulary: readonly string[];
}

/** Recognition of one call. */
export interface Stt {
  /** Takes audio of the caller, 16-bit samples at 8 kHz. */
  readonly write: (samples: Int16Array) => void;
  /** The caller's turn is over. @returns what was said. @throws ProviderError */
  readonly endTurn: () => Promise<Transcript>;
  /** Lets go of everything; what comes after it is ignored. */
  readonly close: () => void;
}

export type SttProvider<Params> = Definition<Params, SttContext, Stt>;

/** One message of the conversation as a model sees it. */
export type Message =
  | { readonly role: 'system' | 'developer' | 'user' | 'assistant'; readonly content: string }
  /** What a function gave back. */
  | { readonly role: 'function'; readonly name: string; readonly content: string };

export interface OfferedFunction {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Why the model is asked: a node was entered, the caller spoke, a function gave its result or failed, or the talk is summed up. */
export type LlmCause = 'enter' | 'turn' | 'result' | 'failure' | 'summary';

export interface LlmRequest {
  /** Name of the flow's node. */
  readonly node: string;
  readonly cause: LlmCause;
  readonly messages: readonly Message[];
  /** The only functions that it may call. */
  readonly functions: readonly OfferedFunction[];
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export type LlmEvent =
  /** A piece of the reply, in order. */
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'call'; readonly name: string; readonly args: Readonly<Record<string, unknown>> }
  | { readonly type: 'usage'; readonly costUsd: number };

/** The language model of one call. */
export interface Llm {
  /** @throws ProviderError while iterating; anything when the request's signal has aborted */
  readonly respond: (request: LlmRequest) => AsyncIterable<LlmEvent>;
}

export type LlmProvider<Params> = Definition<Params, CallContext, Llm>;

export interface TtsContext extends CallContext {
  readonly language: string;
  readonly voice: string;
  /** 1 is the voice's natural pace. */
  readonly speed: number;
}

/** A piece of speech. */
export interface TtsChunk {
  /** 16-bit samples at 8 kHz. */
  readonly samples: Int16Array;
  /** Words that begin in this piece; milliseconds from the start of the request's speech. */
  readonly words: readonly { readonly text: string; readonly startMs: number; readonly endMs: number }[];
}

/** The voice of one call. */
export interface Tts {
  /**
   * Speaks a text; a signal that aborts ends the speech at its next piece.
   * @throws ProviderError while iterating
   */
  readonly synthesize: (text: string, signal: AbortSignal) => AsyncIterable<TtsChunk>;
}

export type TtsProvider<Params> = Definition<Params, TtsContext, Tts>;
