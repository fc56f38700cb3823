import type { Clock } from '#core/clock.ts';
import { within } from '#core/clock.ts';
import { ProviderError, type Stt } from '../../providers/provider.ts';
import type { Frame } from '../frame.ts';
import { type Direction, type Output, pass, type Processor } from '../pipeline.ts';

/** A recogniser that has not answered by then has failed. */
const answerLimitMs = 5_000;

/** Feeds the caller's audio to speech recognition and asks for the text at each turn's end. */
export class Recognition implements Processor {
  readonly name = 'recognition';
  readonly #session: Stt;
  readonly #clock: Clock;

  constructor(session: Stt, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
  }

  async handle(frame: Frame, direction: Direction, output: Output): Promise<void> {
    if (frame.kind === 'audio-in') return this.#session.write(frame.samples);
    pass(frame, direction, output);
    if (frame.kind !== 'turn-ended') return;
    const spokenAt = this.#clock.now() - frame.silenceMs;
    try {
      const late = () => new ProviderError('stt', `speech recognition did not answer within ${answerLimitMs} ms`);
      const { text, confidence } = await within(this.#clock, answerLimitMs, this.#session.endTurn(), late);
      output.down({ kind: 'transcription', text, confidence, spokenAt });
    } catch (error) {
      output.down({
        kind: 'failure',
        errorClass: 'stt',
        detail: error instanceof Error ? error.message : String(error),
      });
    }
  }

  close(): void {
    this.#session.close();
  }
}
