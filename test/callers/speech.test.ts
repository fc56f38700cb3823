import { afterAll, expect, test } from 'vitest';
import { createSpeech } from '#callers/speech.ts';
import { mulawLoudnessDb } from '#core/audio/mulaw.ts';

const speech = createSpeech();
afterAll(() => speech.close());

const audioOf = (frames: readonly string[]) => Buffer.concat(frames.map((frame) => Buffer.from(frame, 'base64')));

test('a sentence becomes audible phone audio of a plausible length', async () => {
  const { frames } = await speech.phrase('I would like to book an appointment for tomorrow.');
  const audio = audioOf(frames);
  expect(frames.length * 20).toBeGreaterThan(1_500);
  expect(frames.length * 20).toBeLessThan(4_000);
  expect(mulawLoudnessDb(audio)).toBeGreaterThan(-24);
  expect(mulawLoudnessDb(audio)).toBeLessThan(-16);
  // Speech from the first frame to the last: latencies count from its end.
  expect(mulawLoudnessDb(audioOf(frames.slice(0, 5)))).toBeGreaterThan(-45);
  expect(mulawLoudnessDb(audioOf(frames.slice(-5)))).toBeGreaterThan(-45);
});

test('no pause inside an utterance is long enough to end a turn', async () => {
  const { frames } = await speech.phrase('Hello. My name is Ada. I need an appointment, please. On Monday.');
  const quiet = frames.map((frame) => mulawLoudnessDb(Buffer.from(frame, 'base64')) < -45);
  const longest = quiet.reduce(
    ({ run, most }, isQuiet) => (isQuiet ? { run: run + 1, most: Math.max(most, run + 1) } : { run: 0, most }),
    { run: 0, most: 0 },
  ).most;
  expect(longest * 20).toBeLessThanOrEqual(200);
});

test('the same text is synthesized once', () => {
  expect(speech.phrase('Yes please.')).toBe(speech.phrase('Yes please.'));
});

test('a text without sound is refused, and the next one is spoken', async () => {
  await expect(speech.phrase('...')).rejects.toMatchObject({ code: 'invalid-input' });
  expect((await speech.phrase('No.')).frames.length).toBeGreaterThan(5);
});
