/* oxlint-disable import/default, import/no-named-as-default-member -- alawmulaw is CommonJS, which only has a default */
import alawmulaw from 'alawmulaw';
import { describe, expect, test } from 'vitest';
import { decodeMulaw, encodeMulaw, mulawLoudnessDb, mulawSilence, phoneFrameBytes } from '#core/audio/mulaw.ts';

const allSamples = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);
const allBytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);

describe('G.711 µ-law', () => {
  // ITU-T G.711, table 2a: character signal and the value at the decoder output, in 14-bit units (here times 4).
  test.each([
    [0b1000_0000, 8031],
    [0b1000_1111, 4191],
    [0b1001_1111, 2079],
    [0b1010_1111, 1023],
    [0b1011_1111, 495],
    [0b1100_1111, 231],
    [0b1101_1111, 99],
    [0b1110_1111, 33],
    [0b1111_1110, 2],
    [0b1111_1111, 0],
  ])('byte %i decodes to %i of table 2a, and its complement in sign to the negative', (byte, value) => {
    expect([...decodeMulaw(Uint8Array.of(byte, byte & 0x7f))].map(Math.abs)).toEqual([value * 4, value * 4]);
    expect(decodeMulaw(Uint8Array.of(byte))[0]).toBeGreaterThanOrEqual(0);
    expect(decodeMulaw(Uint8Array.of(byte & 0x7f))[0]).toBeLessThanOrEqual(0);
  });

  test('every code survives decoding and encoding, except that minus zero becomes zero', () => {
    const again = encodeMulaw(decodeMulaw(allBytes));
    expect([...again]).toEqual([...allBytes].map((byte) => (byte === 0x7f ? mulawSilence : byte)));
  });

  test('every sample is encoded to a nearest code, up to the clip', () => {
    const decoded = decodeMulaw(encodeMulaw(allSamples));
    const wrong = allSamples.filter((sample, index) => {
      const step = 8 << Math.max(0, 24 - Math.clz32(Math.min(Math.abs(sample), 32_635) + 0x84));
      return Math.abs(sample) <= 32_635 && Math.abs(sample - decoded[index]!) > step / 2;
    });
    expect(wrong).toHaveLength(0);
  });

  test('agrees with another implementation on all samples and all bytes', () => {
    expect([...encodeMulaw(allSamples)]).toEqual([...alawmulaw.mulaw.encode(allSamples)]);
    expect([...decodeMulaw(allBytes)]).toEqual([...alawmulaw.mulaw.decode(allBytes)].map((value) => value + 0));
  });
});

describe('loudness', () => {
  test('a full-scale square wave is near 0 dB, silence is -Infinity', () => {
    const loud = encodeMulaw(Int16Array.from({ length: phoneFrameBytes }, (_, i) => (i % 2 ? 32_635 : -32_635)));
    expect(mulawLoudnessDb(loud)).toBeCloseTo(0, 0);
    expect(mulawLoudnessDb(new Uint8Array(phoneFrameBytes).fill(mulawSilence))).toBe(Number.NEGATIVE_INFINITY);
    expect(mulawLoudnessDb(new Uint8Array())).toBe(Number.NEGATIVE_INFINITY);
  });

  test('a sine of a tenth of full scale is at -23 dB', () => {
    const sine = encodeMulaw(Int16Array.from({ length: 800 }, (_, i) => 3_277 * Math.sin((2 * Math.PI * i) / 80)));
    expect(mulawLoudnessDb(sine)).toBeCloseTo(-23, 0);
  });
});
