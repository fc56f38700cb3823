/* oxlint-disable eslint/no-underscore-dangle -- the names that emscripten exports */
import type { SpeexModule } from '@echogarden/speex-resampler-wasm';
import { LastgoodError } from '#core/errors.ts';

/** 0 to 10; 5 is Speex's choice for desktop use, more than a phone line can carry. */
const quality = 5;

/** Mono 16-bit samples at another rate, with Speex's anti-aliasing. */
export const resample = (speex: SpeexModule, samples: Int16Array, fromHz: number, toHz: number): Int16Array => {
  if (samples.length === 0) return new Int16Array();
  const state = speex._speex_resampler_init(1, fromHz, toHz, quality, 0);
  if (state === 0) throw new LastgoodError('internal', `no Speex resampler from ${fromHz} Hz to ${toHz} Hz`);
  try {
    speex._speex_resampler_skip_zeros(state);
    return withHeap(speex, state, samples, Math.ceil((samples.length * toHz) / fromHz));
  } finally {
    speex._speex_resampler_destroy(state);
  }
};

/** Copies samples to and from the module's heap around one call of the resampler. */
const withHeap = (speex: SpeexModule, state: number, input: Int16Array, outputSamples: number): Int16Array => {
  const inputAt = speex._malloc(input.byteLength);
  const outputAt = speex._malloc(outputSamples * 2);
  const lengthsAt = speex._malloc(8);
  try {
    speex.HEAP16.set(input, inputAt / 2);
    speex.HEAPU32.set([input.length, outputSamples], lengthsAt / 4);
    const code = speex._speex_resampler_process_int(state, 0, inputAt, lengthsAt, outputAt, lengthsAt + 4);
    if (code !== 0) throw new LastgoodError('internal', `the Speex resampler failed with code ${code}`);
    const written = speex.HEAPU32[lengthsAt / 4 + 1] ?? 0;
    return speex.HEAP16.slice(outputAt / 2, outputAt / 2 + written);
  } finally {
    for (const pointer of [inputAt, outputAt, lengthsAt]) speex._free(pointer);
  }
};
