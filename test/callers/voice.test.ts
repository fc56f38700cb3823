import { expect, test } from 'vitest';
import { asSpoken } from '#callers/voice.ts';

const hz = 8_000;
const tone = (ms: number, amplitude: number) =>
  Array.from({ length: (ms * hz) / 1000 }, (_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * i) / 20)));
const silence = (ms: number) => Array.from({ length: (ms * hz) / 1000 }, () => 0);
const msOf = (samples: Int16Array) => (samples.length * 1000) / hz;

test('silence around speech is cut away', () => {
  const spoken = asSpoken(Int16Array.from([...silence(400), ...tone(500, 8_000), ...silence(900)]), hz);
  expect(msOf(spoken)).toBeGreaterThan(490);
  expect(msOf(spoken)).toBeLessThan(545);
});

test('a long pause inside is shortened, so that no agent takes it for the end of the turn', () => {
  const spoken = asSpoken(Int16Array.from([...tone(300, 8_000), ...silence(1_200), ...tone(300, 8_000)]), hz);
  expect(msOf(spoken)).toBeGreaterThan(700);
  expect(msOf(spoken)).toBeLessThan(800);
});

test.each([300, 3_000, 30_000])('an amplitude of %i comes out at -20 dB', (amplitude) => {
  const spoken = asSpoken(Int16Array.from(tone(1_000, amplitude)), hz);
  const rms = Math.sqrt(spoken.reduce((sum, sample) => sum + sample ** 2, 0) / spoken.length);
  expect(20 * Math.log10(rms / 32_768)).toBeCloseTo(-20, 0);
});

test('silence alone is no speech', () => {
  expect(asSpoken(Int16Array.from(silence(500)), hz)).toHaveLength(0);
});
