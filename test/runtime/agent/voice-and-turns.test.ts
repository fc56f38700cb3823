import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { phoneFrameMs } from '#core/audio/mulaw.ts';
import type { Frame } from '#runtime/agent/frame.ts';
import type { Processor } from '#runtime/agent/pipeline.ts';
import { Turns } from '#runtime/agent/processors/turns.ts';
import { loudnessDb, VoiceActivity } from '#runtime/agent/processors/voice-activity.ts';
import { ManualClock } from '#memory/manual-clock.ts';

const samples = 160;
const tone = (amplitude: number): Int16Array =>
  Int16Array.from({ length: samples }, (_, at) => amplitude * Math.sin(at));
const speech = (ms: number, amplitude = 4_000): Frame[] =>
  Array.from({ length: ms / phoneFrameMs }, () => ({ kind: 'audio-in', samples: tone(amplitude) }));
const silence = (ms: number, amplitude = 4): Frame[] => speech(ms, amplitude);

/** Runs frames through processors in a row and collects what leaves at the bottom, without the audio. */
const run = (processors: readonly Processor[], frames: readonly Frame[]): { kind: string; at: number }[] => {
  const out: { kind: string; at: number }[] = [];
  let heard = 0;
  const send = (index: number, frame: Frame): void => {
    const processor = processors[index];
    if (!processor) {
      if (frame.kind === 'audio-in') heard += phoneFrameMs;
      else out.push({ kind: frame.kind, at: heard });
      return;
    }
    void processor.handle(frame, 'down', { down: (next) => send(index + 1, next), up: () => undefined });
  };
  for (const frame of frames) send(0, frame);
  return out;
};

const options = { startMs: 200, minEndpointMs: 500, maxEndpointMs: 3_000, interruptionMs: 500 };
const listener = () => [
  new VoiceActivity({ startMs: 200, stopMs: 200 }),
  new Turns({ ...options, clock: new ManualClock() }),
];
const kinds = (frames: readonly Frame[]): string[] => run(listener(), frames).map(({ kind }) => kind);

describe('voice activity', () => {
  test.each<[string, Frame[], string[]]>([
    ['silence', silence(2_000), []],
    ['a click', [...silence(300), ...speech(60), ...silence(600)], []],
    [
      'a sentence',
      [...silence(300), ...speech(800), ...silence(700)],
      ['speech-started', 'speech-stopped', 'turn-ended'],
    ],
    [
      'two words with a breath between',
      [...speech(400), ...silence(160), ...speech(400), ...silence(700)],
      ['speech-started', 'speech-stopped', 'turn-ended'],
    ],
    [
      'a pause to think',
      [...speech(400), ...silence(400), ...speech(400), ...silence(700)],
      ['speech-started', 'speech-stopped', 'speech-started', 'speech-stopped', 'turn-ended'],
    ],
    [
      'two turns',
      [...speech(400), ...silence(700), ...speech(400), ...silence(700)],
      ['speech-started', 'speech-stopped', 'turn-ended', 'speech-started', 'speech-stopped', 'turn-ended'],
    ],
    ['a steady noise that was there before', [...silence(60_000, 150), ...silence(2_000, 160)], []],
  ])('hears %s', (_, frames, expected) => {
    expect(kinds(frames)).toEqual(expected);
  });

  test('speech starts and the turn ends after the times that were set', () => {
    const heard = run(listener(), [...silence(200), ...speech(600), ...silence(800)]);
    const at = (kind: string) => heard.find((frame) => frame.kind === kind)?.at;
    expect(at('speech-started')).toBe(200 + 200);
    expect(at('speech-stopped')).toBe(800 + 200);
    expect(at('turn-ended')).toBe(800 + 500);
  });

  test('loudness is in dB below full scale', () => {
    expect(loudnessDb(Int16Array.from({ length: samples }, () => 32_767))).toBeCloseTo(0, 2);
    expect(loudnessDb(new Int16Array(samples))).toBe(-100);
  });

  test('whatever is heard, turns open and close in order and never twice', () => {
    const part = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 60 }));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        const frames = parts.flatMap(([loud, count]) =>
          loud ? speech(count * phoneFrameMs) : silence(count * phoneFrameMs),
        );
        // s: speech starts, p: it stops (a pause), t: the turn ends.
        const letters = { 'speech-started': 's', 'speech-stopped': 'p', 'turn-ended': 't' } as const;
        const heard = kinds(frames)
          .map((kind) => letters[kind as keyof typeof letters])
          .join('');
        expect(heard).toMatch(/^((sp)+t)*(sp)*s?$/);
      }),
    );
  });
});

describe('turns', () => {
  const playback: Frame = { kind: 'playback-started', utterance: 1 };

  test.each([
    ['for long enough is an interruption, once', 1_200, 1],
    ['for a moment is not', 300, 0],
  ])('speech over the agent %s', (_, ms, expected) => {
    const heard = run(listener(), [playback, ...speech(ms), ...silence(200)]);
    expect(heard.filter(({ kind }) => kind === 'interruption')).toHaveLength(expected);
  });

  test('speech while the agent is silent interrupts nothing', () => {
    expect(kinds([playback, { kind: 'playback-idle' }, ...speech(1_000)])).not.toContain('interruption');
  });

  test('a line that sends nothing while the caller is silent does not keep the turn open', async () => {
    const clock = new ManualClock();
    const out: Frame[] = [];
    const turns = new Turns({ ...options, clock });
    const output = { down: (frame: Frame) => out.push(frame), up: () => undefined };
    turns.handle({ kind: 'speech-started' }, 'down', output);
    turns.handle({ kind: 'audio-in', samples: tone(4_000) }, 'down', output);
    await clock.advance(2_999);
    expect(out.map(({ kind }) => kind)).not.toContain('turn-ended');
    await clock.advance(1);
    expect(out.at(-1)).toMatchObject({ kind: 'turn-ended', silenceMs: 3_000 });
  });
});
