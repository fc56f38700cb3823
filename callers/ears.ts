import { mulawLoudnessDb, phoneFrameMs } from '#core/audio/mulaw.ts';

/** Louder than this is speech; a phone line's noise is 20 dB below. */
const speechDb = -45;
/** Speech must last this long to be noticed: a click is none. */
const onsetMs = 60;
/** Silence that ends an utterance: longer than a pause between two sentences. */
const endMs = 700;

export type Heard = 'nothing' | 'started' | 'speech' | 'ended';

/** How a caller hears by loudness alone that the agent speaks, and that it has ended. Pure. */
export interface Ears {
  /** Takes the next 20 ms, heard at `nowMs`. */
  hear(audio: Uint8Array | undefined, nowMs: number): Heard;
  readonly speaking: boolean;
  /** When the utterance being heard, or the last one, began. */
  readonly startedAtMs: number;
  /** When anything loud was last heard. */
  readonly lastLoudAtMs: number;
  /** Forgets an utterance that was broken off: its end is not reported. */
  forget(): void;
}

export const createEars = (): Ears => {
  let speaking = false;
  let loudMs = 0;
  let startedAtMs = Number.NEGATIVE_INFINITY;
  let lastLoudAtMs = Number.NEGATIVE_INFINITY;

  const hearLoud = (nowMs: number): Heard => {
    lastLoudAtMs = nowMs;
    loudMs += phoneFrameMs;
    if (speaking) return 'speech';
    if (loudMs < onsetMs) return 'nothing';
    speaking = true;
    startedAtMs = nowMs - loudMs + phoneFrameMs;
    return 'started';
  };
  const hearQuiet = (nowMs: number): Heard => {
    loudMs = 0;
    if (!speaking) return 'nothing';
    if (nowMs - lastLoudAtMs < endMs) return 'speech';
    speaking = false;
    return 'ended';
  };

  return {
    hear: (audio, nowMs) =>
      audio !== undefined && mulawLoudnessDb(audio) > speechDb ? hearLoud(nowMs) : hearQuiet(nowMs),
    get speaking() {
      return speaking;
    },
    get startedAtMs() {
      return startedAtMs;
    },
    get lastLoudAtMs() {
      return lastLoudAtMs;
    },
    forget: () => {
      speaking = false;
      loudMs = 0;
    },
  };
};
