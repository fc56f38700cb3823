import type { TtsChunk, TtsProvider } from '../provider.ts';
import type { NoParams } from './params.ts';
import { sampleRate, soundWord } from './voice.ts';

/** About 170 words per minute for English prose at speed 1. */
const wordMs = { base: 110, perLetter: 40, most: 700 } as const;
const gapMs = 35;
/** Pauses after punctuation; below what listeners take for the end of an utterance. */
const pauseMs: Readonly<Record<string, number>> = { ',': 120, ';': 150, ':': 150, '.': 250, '!': 250, '?': 250 };
/** Longer texts are spoken up to here. */
const maxWords = 2_000;

/** A voice without a model: deterministic, audible, with word times. Speed is the only setting that it knows. */
export const scriptedTts: TtsProvider<NoParams> = {
  params: async () => (await import('./params.ts')).NoParams,
  open: (_params, { speed }) => ({ synthesize: (text, signal) => speak(text, speed, signal) }),
};

const silence = (ms: number): Int16Array => new Int16Array(Math.round((ms * sampleRate) / 1_000));

const joined = (first: Int16Array, second: Int16Array): Int16Array => {
  const both = new Int16Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
};

/** Speech of a text, one word at a time. */
const speak = async function* (text: string, speed: number, signal: AbortSignal): AsyncGenerator<TtsChunk> {
  const words = text
    .split(/\s+/u)
    .filter((word) => word !== '')
    .slice(0, maxWords);
  let samplesBefore = 0;
  for (const word of words) {
    if (signal.aborted) return;
    const letters = word.replace(/[^\p{L}\p{N}]/gu, '').length;
    const durationMs = Math.min(wordMs.most, wordMs.base + wordMs.perLetter * letters) / speed;
    const sound = soundWord(word, durationMs);
    const pause = pauseMs[word.at(-1) ?? ''] ?? gapMs;
    const samples = joined(sound, silence(pause / speed));
    const startMs = (samplesBefore * 1_000) / sampleRate;
    samplesBefore += samples.length;
    yield { samples, words: [{ text: word, startMs, endMs: startMs + (sound.length * 1_000) / sampleRate }] };
  }
};
