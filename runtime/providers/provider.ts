import { LastgoodError } from '#core/errors.ts';
import type { ErrorClass } from '#core/words/outcome.ts';

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

export interface SttOptions {
  /** BCP 47. */
  readonly language: string;
  readonly vocabulary: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
  /** Parameters that came with the call itself, for instance the script of a synthetic caller. */
  readonly callParameters: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Recognition of one call. */
export interface SttSession {
  /** Takes audio of the caller, 16-bit samples at 8 kHz. */
  readonly write: (samples: Int16Array) => void;
  /** The caller's turn is over. @returns what was said. @throws ProviderError */
  readonly endTurn: () => Promise<Transcript>;
  readonly close: () => void;
}

export interface SttProvider {
  readonly name: string;
  readonly open: (options: SttOptions) => SttSession;
}

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
  readonly params: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

export type LlmEvent =
  /** A piece of the reply, in order. */
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'call'; readonly name: string; readonly args: Readonly<Record<string, unknown>> }
  | { readonly type: 'usage'; readonly costUsd: number };

export interface LlmProvider {
  readonly name: string;
  /** @throws ProviderError while iterating */
  readonly respond: (request: LlmRequest) => AsyncIterable<LlmEvent>;
}

export interface TtsRequest {
  readonly text: string;
  readonly language: string;
  readonly voice: string;
  /** 1 is the voice's natural pace. */
  readonly speed: number;
  readonly params: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

/** A piece of speech. */
export interface TtsChunk {
  /** 16-bit samples at 8 kHz. */
  readonly samples: Int16Array;
  /** Words that begin in this piece; milliseconds from the start of the request's speech. */
  readonly words: readonly { readonly text: string; readonly startMs: number; readonly endMs: number }[];
}

export interface TtsProvider {
  readonly name: string;
  /** @throws ProviderError while iterating */
  readonly synthesize: (request: TtsRequest) => AsyncIterable<TtsChunk>;
}
