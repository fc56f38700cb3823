import { encodeMulaw } from '#core/audio/mulaw.ts';
import type { Tts } from '../../providers/provider.ts';
import type { Frame } from '../frame.ts';
import { type Direction, type Output, pass, type Processor } from '../pipeline.ts';

/** Turns texts into speech, piece by piece, in order; an interruption stops the piece under way. */
export class Synthesis implements Processor {
  readonly name = 'synthesis';
  readonly #tts: Tts;
  #stop = new AbortController();

  constructor(tts: Tts) {
    this.#tts = tts;
  }

  async handle(frame: Frame, direction: Direction, output: Output): Promise<void> {
    if (frame.kind === 'text') return this.#speak(frame, output);
    if (frame.kind === 'interruption') this.close();
    pass(frame, direction, output);
  }

  close(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
  }

  async #speak({ utterance, text, spokenAt }: Extract<Frame, { kind: 'text' }>, output: Output): Promise<void> {
    const { signal } = this.#stop;
    const timed = spokenAt !== undefined && { spokenAt };
    try {
      for await (const { samples, words } of this.#tts.synthesize(text, signal)) {
        if (signal.aborted) return;
        output.down({ kind: 'speech', utterance, audio: encodeMulaw(samples), words, last: false, ...timed });
      }
      if (signal.aborted) return;
      output.down({ kind: 'speech', utterance, audio: new Uint8Array(), words: [], last: true, ...timed });
    } catch (error) {
      if (signal.aborted) return;
      const detail = error instanceof Error ? error.message : String(error);
      output.up({ kind: 'failure', errorClass: 'tts', detail });
    }
  }
}
