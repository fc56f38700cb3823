/** Shapes raw synthesized speech into what a caller on the phone says: no silence around it, even loudness. Pure. */

/** Below this a sample is silence: -46 dB of full scale. */
const silentBelow = 160;
/** Kept before the first and after the last sound, so that no consonant is cut. */
const edgeMs = 20;
/** The longest pause left inside an utterance: shorter than any end-of-turn detection waits. */
const maxPauseMs = 160;
/** Loudness of the speaking parts: a normal voice on the phone, -20 dB of full scale. */
const targetRms = 3_277;

/**
 * The audible part of `samples`, with pauses cut to 160 ms and a loudness of -20 dB of full scale.
 * Empty when nothing is audible.
 */
export const asSpoken = (samples: Int16Array, sampleRate: number): Int16Array => {
  const edge = Math.round((sampleRate * edgeMs) / 1000);
  const pause = Math.round((sampleRate * maxPauseMs) / 1000);
  const parts = audibleStretches(samples, pause).map(([from, to]) =>
    samples.subarray(Math.max(0, from - edge), Math.min(samples.length, to + edge)),
  );
  if (parts.length === 0) return new Int16Array();
  const silence = Math.max(0, pause - 2 * edge);
  const spoken = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0) + silence * (parts.length - 1));
  let at = 0;
  for (const part of parts) {
    spoken.set(part, at);
    at += part.length + silence;
  }
  return amplified(spoken);
};

/** Start and end (exclusive) of the stretches that are audible, where pauses up to `gap` samples belong to the stretch. */
const audibleStretches = (samples: Int16Array, gap: number): readonly (readonly [number, number])[] => {
  const stretches: [number, number][] = [];
  samples.forEach((sample, index) => {
    if (Math.abs(sample) < silentBelow) return;
    const last = stretches.at(-1);
    if (last && index - last[1] <= gap) last[1] = index + 1;
    else stretches.push([index, index + 1]);
  });
  return stretches;
};

const amplified = (samples: Int16Array): Int16Array => {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
  const gain = power === 0 ? 1 : targetRms / Math.sqrt(power);
  return samples.map((sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * gain))));
};
