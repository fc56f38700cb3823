import type { ErrorClass, Outcome } from '#core/words/outcome.ts';

/** One spoken word with its place in an utterance, in milliseconds from the utterance's start. */
export interface SpokenWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Why a call ends. */
export interface CallEnd {
  readonly outcome: Outcome;
  readonly errorClass?: ErrorClass;
  readonly errorDetail?: string;
  readonly taskSucceeded?: boolean;
}

/** Data frames: in order, one after the other, in bounded queues. */
export type DataFrame =
  /** 20 ms of the caller, 16-bit samples at 8 kHz; `loud` is known behind the voice activity. */
  | { readonly kind: 'audio-in'; readonly samples: Int16Array; readonly loud?: boolean }
  | { readonly kind: 'speech-started' }
  /** `silenceMs` of silence have passed since the last speech. */
  | { readonly kind: 'speech-stopped'; readonly silenceMs: number }
  /** The caller has finished; `silenceMs` since the last speech. */
  | { readonly kind: 'turn-ended'; readonly silenceMs: number }
  | { readonly kind: 'dtmf'; readonly digit: string }
  | {
      readonly kind: 'transcription';
      readonly text: string;
      /** 0 to 1. */
      readonly confidence: number;
      /** When the caller stopped speaking, epoch milliseconds: turn latency counts from here. */
      readonly spokenAt: number;
    }
  /** A whole sentence or more to be spoken. */
  | { readonly kind: 'text'; readonly utterance: number; readonly text: string; readonly spokenAt?: number }
  /** Speech of an utterance, in pieces. `last` comes with the final piece. */
  | {
      readonly kind: 'speech';
      readonly utterance: number;
      /** µ-law, any length. */
      readonly audio: Uint8Array;
      /** Words that begin in or after this piece, times from the utterance's start. */
      readonly words: readonly SpokenWord[];
      readonly last: boolean;
      readonly spokenAt?: number;
    }
  /** End the call when everything spoken so far has been heard. */
  | { readonly kind: 'end'; readonly end: CallEnd };

/** System frames overtake queued data and are handled at once, also while a processor works. */
export type SystemFrame =
  | { readonly kind: 'start' }
  /** The caller speaks over the agent: what is not yet spoken is void. */
  | { readonly kind: 'interruption' }
  /** Playback of an utterance has begun at the transport. */
  | { readonly kind: 'playback-started'; readonly utterance: number; readonly latencyMs?: number }
  /** Everything handed to playback has been heard. */
  | { readonly kind: 'playback-idle' }
  /** What the caller heard of an utterance, and whether that is all of it. */
  | { readonly kind: 'heard'; readonly utterance: number; readonly text: string; readonly complete: boolean }
  /** Proof of playback from the far end. */
  | { readonly kind: 'mark'; readonly name: string }
  /** Say goodbye, then end: a limit was reached. */
  | { readonly kind: 'goodbye' }
  /** A processor failed. */
  | { readonly kind: 'failure'; readonly errorClass: ErrorClass; readonly detail: string };

export type Frame = DataFrame | SystemFrame;

const systemKinds: Readonly<Record<SystemFrame['kind'], true>> = {
  start: true,
  interruption: true,
  'playback-started': true,
  'playback-idle': true,
  heard: true,
  mark: true,
  goodbye: true,
  failure: true,
};

export const isSystemFrame = (frame: Frame): frame is SystemFrame => Object.hasOwn(systemKinds, frame.kind);

/** Frames that an interruption makes void while they wait: what the agent was about to say. */
export const isVoidedByInterruption = (frame: Frame): boolean => frame.kind === 'text' || frame.kind === 'speech';
