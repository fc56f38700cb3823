/** ITU-T G.711 µ-law: 16-bit samples as one byte with sign, 3-bit segment and 4-bit step, all bits inverted. */

/** Samples per second of a phone line. */
export const phoneSampleRate = 8_000;
/** One audio frame of a phone call. */
export const phoneFrameMs = 20;
/** µ-law bytes of a frame. */
export const phoneFrameBytes = 160;
/** µ-law of a zero sample. */
export const mulawSilence = 0xff;

/** Moves the segments to powers of two. */
const bias = 0x84;
/** The loudest sample that has a code. */
const clip = 32_635;

const encodeSample = (sample: number): number => {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), clip) + bias;
  const segment = 24 - Math.clz32(magnitude);
  const step = (magnitude >> (segment + 3)) & 0x0f;
  return ~(sign | (segment << 4) | step) & 0xff;
};

const decodeByte = (byte: number): number => {
  const code = ~byte & 0xff;
  const segment = (code >> 4) & 0x07;
  const magnitude = ((((code & 0x0f) << 3) + bias) << segment) - bias;
  return code & 0x80 ? -magnitude : magnitude;
};

const encodeTable = Uint8Array.from({ length: 65_536 }, (_, index) => encodeSample((index << 16) >> 16));
const decodeTable = Int16Array.from({ length: 256 }, (_, byte) => decodeByte(byte));
const powerTable = Float64Array.from(decodeTable, (sample) => (sample / 32_768) ** 2);

/** µ-law bytes of 16-bit samples; louder than 32,635 is clipped. */
export const encodeMulaw = (samples: Int16Array): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(samples, (sample) => encodeTable[sample & 0xffff] ?? mulawSilence);

/** 16-bit samples of µ-law bytes. */
export const decodeMulaw = (bytes: Uint8Array): Int16Array<ArrayBuffer> =>
  Int16Array.from(bytes, (byte) => decodeTable[byte] ?? 0);

/** Mean loudness of µ-law audio in dB below full scale (0 or less); -Infinity for digital silence and for no audio. */
export const mulawLoudnessDb = (bytes: Uint8Array): number => {
  let power = 0;
  for (const byte of bytes) power += powerTable[byte] ?? 0;
  return 10 * Math.log10(power / Math.max(1, bytes.length));
};
