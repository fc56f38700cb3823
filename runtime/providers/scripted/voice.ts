/** Samples per second. */
export const sampleRate = 8_000;

/** First two formants of each vowel letter in Hz, after Peterson and Barney (1952), adult voices. */
const formants: Readonly<Record<string, readonly [number, number]>> = {
  a: [730, 1_090],
  e: [530, 1_840],
  i: [270, 2_290],
  o: [570, 840],
  u: [300, 870],
  y: [390, 1_990],
};
const neutral = [500, 1_500] as const;
const pitchHz = 118;
/** Share of full scale: about 18 dB below it, as on a phone line. */
const loudness = 0.12;
const fadeMs = 12;

/** A voiced, speech-like sound for one word: the same word and length always give the same samples. */
export const soundWord = (word: string, durationMs: number): Int16Array => {
  const letters = [...word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')];
  const samples = new Float32Array(Math.round((durationMs * sampleRate) / 1_000));
  const hiss = noise(seedOf(word));
  const spoken = letters.length === 0 ? ['e'] : letters;
  // Vowels last longer than consonants.
  const weights = spoken.map((letter) => (isVowel(letter) ? 2 : 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let position = 0;
  for (const [index, letter] of spoken.entries()) {
    const end = position + (samples.length * (weights[index] ?? 1)) / total;
    soundLetter(letter, samples, Math.floor(position), Math.min(samples.length, Math.floor(end)), hiss);
    position = end;
  }
  return normalize(samples);
};

/** Two-pole resonator (Klatt 1980). */
const resonator = (hz: number, bandwidthHz: number): ((input: number) => number) => {
  const r = Math.exp((-Math.PI * bandwidthHz) / sampleRate);
  const b = 2 * r * Math.cos((2 * Math.PI * hz) / sampleRate);
  const c = -r * r;
  const a = 1 - b - c;
  let [y1, y2] = [0, 0];
  return (input) => {
    const y = a * input + b * y1 + c * y2;
    [y2, y1] = [y1, y];
    return y;
  };
};

/** Deterministic noise between -1 and 1 for consonants. */
const noise = (seed: number): (() => number) => {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
};

const seedOf = (word: string): number =>
  [...word].reduce((seed, letter) => Math.imul(seed, 31) + (letter.codePointAt(0) ?? 0), 7);

const isVowel = (letter: string): boolean => Object.hasOwn(formants, letter);

/** One letter: vowels and nasals are voiced through formants, other consonants are filtered noise. */
const soundLetter = (letter: string, into: Float32Array, from: number, to: number, hiss: () => number): void => {
  const [f1, f2] = formants[letter] ?? neutral;
  const voiced = isVowel(letter) || 'lmnrwvjbdgz'.includes(letter);
  const [first, second] = [resonator(f1, 90), resonator(f2, 130)];
  const period = sampleRate / pitchHz;
  for (let at = from; at < to; at++) {
    const pulse = at % period < 1 ? period : 0;
    const source = voiced ? pulse * (isVowel(letter) ? 1 : 0.5) : hiss() * 3;
    into[at] = first(source) + 0.7 * second(source);
  }
};

const normalize = (samples: Float32Array): Int16Array => {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
  const gain = power === 0 ? 0 : (loudness * 32_767) / Math.sqrt(power);
  const fade = (fadeMs * sampleRate) / 1_000;
  return Int16Array.from(samples, (sample, at) => {
    const edge = Math.min(1, at / fade, (samples.length - 1 - at) / fade);
    return Math.max(-32_767, Math.min(32_767, Math.round(sample * gain * edge)));
  });
};
