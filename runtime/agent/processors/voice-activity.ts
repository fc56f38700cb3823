import { phoneFrameMs } from '#core/audio/mulaw.ts';
import type { Frame } from '../frame.ts';
import { type Direction, type Output, pass, type Processor } from '../pipeline.ts';

export interface VoiceActivityOptions {
  /** Speech that starts a turn, in milliseconds. @default 200 */
  readonly startMs: number;
  /** Silence that ends speech, in milliseconds. @default 200 */
  readonly stopMs: number;
  /** How far above the noise speech must be, in dB. @default 12 */
  readonly aboveNoiseDb: number;
  /** Quieter than this is never speech, in dB below full scale. @default -50 */
  readonly floorDb: number;
}

export const defaultVoiceActivity: VoiceActivityOptions = { startMs: 200, stopMs: 200, aboveNoiseDb: 12, floorDb: -50 };

/** The noise estimate follows a quieter line at once and a louder one slowly, so that speech does not raise it. */
const noiseRiseDbPerFrame = 0.02;
const lowestNoiseDb = -80;
/** The line's first frame is its noise, unless it is louder than any noise. */
const loudestNoiseDb = -40;

export const loudnessDb = (samples: Int16Array): number => {
  let power = 0;
  for (const sample of samples) power += sample * sample;
  return 10 * Math.log10(Math.max(power / Math.max(1, samples.length) / 32_768 ** 2, 1e-10));
};

/**
 * Says when the caller's speech starts and stops, by the energy of the audio against an adaptive noise floor. Its only clock is the
 * audio itself: each frame is 20 ms.
 */
export class VoiceActivity implements Processor {
  readonly name = 'voice-activity';
  readonly #options: VoiceActivityOptions;
  #noiseDb: number | undefined;
  #speaking = false;
  #loudMs = 0;
  #quietMs = 0;

  constructor(options: Partial<VoiceActivityOptions> = {}) {
    this.#options = { ...defaultVoiceActivity, ...options };
  }

  handle(frame: Frame, direction: Direction, output: Output): void {
    if (frame.kind !== 'audio-in') return pass(frame, direction, output);
    const loud = this.#isLoud(loudnessDb(frame.samples));
    output.down({ ...frame, loud });
    this.#listen(loud, output);
  }

  #isLoud(levelDb: number): boolean {
    const { aboveNoiseDb, floorDb } = this.#options;
    const noiseDb = this.#noiseDb ?? Math.min(levelDb, loudestNoiseDb);
    this.#noiseDb = Math.max(lowestNoiseDb, Math.min(levelDb, noiseDb + noiseRiseDbPerFrame));
    return levelDb > Math.max(noiseDb + aboveNoiseDb, floorDb);
  }

  #listen(loud: boolean, output: Output): void {
    const { startMs, stopMs } = this.#options;
    // Short gaps inside words take back only what they last, so that "start" is speech and not a click.
    this.#loudMs = loud ? this.#loudMs + phoneFrameMs : Math.max(0, this.#loudMs - phoneFrameMs);
    this.#quietMs = loud ? 0 : this.#quietMs + phoneFrameMs;
    if (!this.#speaking && this.#loudMs >= startMs) {
      this.#speaking = true;
      output.down({ kind: 'speech-started' });
    } else if (this.#speaking && this.#quietMs >= stopMs) {
      this.#speaking = false;
      this.#loudMs = 0;
      output.down({ kind: 'speech-stopped', silenceMs: this.#quietMs });
    }
  }
}
