import { describe, expect, test } from 'vitest';
import type { Frame } from '#runtime/agent/frame.ts';
import { Playback } from '#runtime/agent/processors/playback.ts';
import { ManualClock } from '#memory/manual-clock.ts';

const wordMs = 200;
const bytesPerMs = 8;

/** A far end that plays at its own pace, with a network of `delayMs` each way. */
const setUp = (delayMs = 20) => {
  const clock = new ManualClock();
  const up: Frame[] = [];
  const down: Frame[] = [];
  const far = { played: 0, playsUntil: 0, cleared: 0, sent: 0 };
  let generation = 0;
  const playback: Playback = new Playback(
    {
      listen: () => undefined,
      sendAudio: (audio) => {
        far.sent++;
        far.playsUntil = Math.max(clock.now() + delayMs, far.playsUntil) + audio.length / bytesPerMs;
      },
      sendMark: (name) => {
        const sentIn = generation;
        clock.after(Math.max(0, far.playsUntil - clock.now()) + delayMs, () => {
          if (sentIn === generation) playback.handle({ kind: 'mark', name }, 'down', output);
        });
      },
      clear: () => {
        generation++;
        far.cleared++;
        far.playsUntil = 0;
      },
      close: async () => undefined,
    },
    clock,
  );
  const output = { down: (frame: Frame) => void down.push(frame), up: (frame: Frame) => void up.push(frame) };
  const speak = (utterance: number, words: readonly string[]) => {
    for (const [index, text] of words.entries()) {
      const startMs = index * wordMs;
      const word = { text, startMs, endMs: startMs + wordMs };
      const audio = new Uint8Array(wordMs * bytesPerMs);
      playback.handle(
        { kind: 'speech', utterance, audio, words: [word], last: index === words.length - 1 },
        'down',
        output,
      );
    }
  };
  const heard = () =>
    up.flatMap((frame) => (frame.kind === 'heard' ? [{ text: frame.text, complete: frame.complete }] : []));
  return { clock, playback, output, speak, heard, up, down, far };
};

const words = ['one', 'two', 'three', 'four', 'five'];

describe('playback', () => {
  test('sends at the pace of speech, a little ahead', async () => {
    const { clock, speak, far } = setUp();
    speak(1, words);
    await clock.advance(0);
    expect(far.sent * 20).toBeLessThanOrEqual(140);
    await clock.advance(500);
    expect(Math.abs(far.sent * 20 - 600)).toBeLessThanOrEqual(40);
    await clock.advance(2_000);
    expect(far.sent * 20).toBe(1_000);
  });

  test('says what was heard when the last mark has come back, then that it is idle', async () => {
    const { clock, speak, heard, up } = setUp();
    speak(1, words);
    await clock.advance(2_000);
    expect(heard()).toEqual([{ text: 'one two three four five', complete: true }]);
    expect(up.map(({ kind }) => kind)).toEqual(['playback-started', 'heard', 'playback-idle']);
  });

  test.each([0, 20, 100, 190, 210, 390, 450, 599, 610, 799, 850])(
    'interrupted after %i ms, keeps every word heard and at most one more (V5)',
    async (afterMs) => {
      const delayMs = 20;
      const { clock, playback, output, speak, heard, far } = setUp(delayMs);
      speak(1, words);
      await clock.advance(afterMs);
      playback.handle({ kind: 'interruption' }, 'down', output);
      expect(far.cleared).toBe(1);
      const kept =
        heard()[0]
          ?.text.split(' ')
          .filter((word) => word !== '') ?? [];
      const wholeWords = Math.max(0, Math.floor((afterMs - 2 * delayMs) / wordMs));
      expect(kept.length).toBeGreaterThanOrEqual(wholeWords);
      expect(kept.length).toBeLessThanOrEqual(Math.floor(afterMs / wordMs) + 1);
      expect(kept).toEqual(words.slice(0, kept.length));
    },
  );

  test('what was never begun was not heard', async () => {
    const { clock, playback, output, speak, heard } = setUp();
    speak(1, words);
    speak(2, ['six', 'seven']);
    await clock.advance(300);
    playback.handle({ kind: 'interruption' }, 'down', output);
    expect(heard()[1]).toEqual({ text: '', complete: false });
    await clock.advance(5_000);
    expect(heard()).toHaveLength(2);
  });

  test('an end waits until everything said before it was heard', async () => {
    const { clock, playback, output, speak, down } = setUp();
    speak(1, words);
    playback.handle({ kind: 'end', end: { outcome: 'completed' } }, 'down', output);
    await clock.advance(900);
    expect(down).toEqual([]);
    await clock.advance(300);
    expect(down).toEqual([{ kind: 'end', end: { outcome: 'completed' } }]);
  });

  test('invariant 11: a far end that answers no mark does not keep the call open', async () => {
    const { clock, playback, output, speak, down } = setUp(60_000);
    speak(1, ['one']);
    playback.handle({ kind: 'end', end: { outcome: 'completed' } }, 'down', output);
    await clock.advance(3_000);
    expect(down).toHaveLength(1);
  });

  test('the latency of a turn counts from the end of the caller s speech', async () => {
    const { clock, playback, output, up } = setUp();
    const spokenAt = clock.now() - 600;
    const audio = new Uint8Array(320);
    playback.handle({ kind: 'speech', utterance: 1, audio, words: [], last: true, spokenAt }, 'down', output);
    expect(up[0]).toEqual({ kind: 'playback-started', utterance: 1, latencyMs: 600 });
    playback.close();
    await clock.advance(0);
  });
});
