import { phoneFrameMs } from '#core/audio/mulaw.ts';
import type { Clock } from '#core/clock.ts';
import type { Frame } from '../frame.ts';
import { type Direction, type Output, pass, type Processor } from '../pipeline.ts';

export interface TurnsOptions {
  /** Speech that must have passed before `speech-started` is said, in milliseconds; counts toward an interruption. */
  readonly startMs: number;
  /** Silence before the agent may answer, in milliseconds. */
  readonly minEndpointMs: number;
  /** Without any audio from the line the turn ends after this time, in milliseconds. */
  readonly maxEndpointMs: number;
  /** Speech that interrupts the agent, in milliseconds. */
  readonly interruptionMs: number;
  readonly clock: Clock;
}

/**
 * Decides when the caller's turn ends and when speech over the agent is an interruption. Speech that pauses for less than
 * `minEndpointMs` is one turn.
 */
export class Turns implements Processor {
  readonly name = 'turns';
  readonly #options: TurnsOptions;
  #speaking = false;
  #turnOpen = false;
  #silenceMs = 0;
  #speechMs = 0;
  #agentSpeaks = false;
  #cancelTimer: (() => void) | undefined;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  handle(frame: Frame, direction: Direction, output: Output): void {
    switch (frame.kind) {
      case 'playback-started':
        this.#agentSpeaks = true;
        break;
      case 'playback-idle':
        this.#agentSpeaks = false;
        break;
      case 'speech-started':
        this.#speaking = true;
        this.#turnOpen = true;
        this.#speechMs = this.#options.startMs;
        this.#maybeInterrupt(output);
        break;
      case 'speech-stopped':
        this.#speaking = false;
        this.#silenceMs = frame.silenceMs;
        pass(frame, direction, output);
        return this.#maybeEnd(output);
      case 'audio-in':
        pass(frame, direction, output);
        return this.#hear(frame.loud ?? false, output);
      default:
    }
    pass(frame, direction, output);
  }

  close(): void {
    this.#cancelTimer?.();
  }

  #hear(loud: boolean, output: Output): void {
    if (this.#speaking) {
      if (loud) this.#speechMs += phoneFrameMs;
      this.#maybeInterrupt(output);
    } else if (this.#turnOpen) {
      // Loud frames are perhaps the next words: the pause does not grow until that is clear.
      if (!loud) this.#silenceMs += phoneFrameMs;
      this.#maybeEnd(output);
    }
    if (this.#turnOpen) this.#expectAudio(output);
  }

  #maybeInterrupt(output: Output): void {
    if (!this.#agentSpeaks || this.#speechMs < this.#options.interruptionMs) return;
    this.#agentSpeaks = false;
    output.down({ kind: 'interruption' });
    output.up({ kind: 'interruption' });
  }

  #maybeEnd(output: Output): void {
    if (this.#turnOpen && !this.#speaking && this.#silenceMs >= this.#options.minEndpointMs) this.#end(output);
  }

  #end(output: Output): void {
    this.#cancelTimer?.();
    this.#turnOpen = false;
    this.#speaking = false;
    output.down({ kind: 'turn-ended', silenceMs: this.#silenceMs });
    this.#silenceMs = 0;
  }

  /** A client that sends nothing while its user is silent must not leave the turn open for ever. */
  #expectAudio(output: Output): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.clock.after(this.#options.maxEndpointMs, () => {
      if (!this.#turnOpen) return;
      this.#silenceMs += this.#options.maxEndpointMs;
      this.#end(output);
    });
  }
}
