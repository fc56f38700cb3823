import { describe, expect, test } from 'vitest';
import type { Frame } from '#runtime/agent/frame.ts';
import { pass, Pipeline, type Processor } from '#runtime/agent/pipeline.ts';
import { settle } from '#memory/manual-clock.ts';

const text = (utterance: number): Frame => ({ kind: 'text', utterance, text: `t${utterance}` });
const names = (frames: readonly Frame[]) => frames.map((frame) => ('text' in frame ? frame.text : frame.kind));

/** A processor that holds each data frame until it is let go. */
const gate = () => {
  const waiting: (() => void)[] = [];
  const processor: Processor = {
    name: 'gate',
    handle: (frame, direction, output) => {
      if (frame.kind !== 'text') return pass(frame, direction, output);
      return new Promise<void>((resolve) => waiting.push(resolve)).then(() => pass(frame, direction, output));
    },
  };
  return { processor, letGo: () => waiting.shift()?.() };
};

const setUp = (processors: readonly Processor[]) => {
  const left: Frame[] = [];
  const dropped: string[] = [];
  const errors: string[] = [];
  const pipeline = new Pipeline({
    processors,
    onLeave: (frame) => left.push(frame),
    onDrop: (processor) => dropped.push(processor),
    onError: (processor, error) => errors.push(`${processor}: ${String(error)}`),
  });
  return { pipeline, left, dropped, errors };
};

describe('a pipeline', () => {
  test('keeps data frames in order while a processor takes its time', async () => {
    const { processor, letGo } = gate();
    const { pipeline, left } = setUp([processor]);
    for (const utterance of [1, 2, 3]) pipeline.push(text(utterance));
    for (let turn = 0; turn < 3; turn++) {
      await settle();
      letGo();
    }
    await settle();
    expect(names(left)).toEqual(['t1', 't2', 't3']);
  });

  test('system frames overtake data that waits', async () => {
    const { processor, letGo } = gate();
    const { pipeline, left } = setUp([processor]);
    pipeline.push(text(1));
    pipeline.push({ kind: 'mark', name: 'm' });
    expect(names(left)).toEqual(['mark']);
    letGo();
    await settle();
    expect(names(left)).toEqual(['mark', 't1']);
  });

  test('an interruption voids what was about to be said, and nothing else', async () => {
    const { processor, letGo } = gate();
    const { pipeline, left } = setUp([processor]);
    pipeline.push(text(1));
    pipeline.push(text(2));
    pipeline.push({ kind: 'end', end: { outcome: 'completed' } });
    pipeline.push({ kind: 'interruption' });
    letGo();
    await settle();
    expect(names(left)).toEqual(['interruption', 't1', 'end']);
  });

  test('invariant 11: a queue that is full drops the newest and says so', () => {
    const { pipeline, dropped } = setUp([gate().processor]);
    for (let utterance = 0; utterance < 1_003; utterance++) pipeline.push(text(utterance));
    expect(dropped).toEqual(['gate', 'gate']);
  });

  test('a processor that throws is named, and the others go on', async () => {
    const broken: Processor = {
      name: 'broken',
      handle: (frame, direction, output) => {
        if (frame.kind === 'text') throw new Error('no');
        pass(frame, direction, output);
      },
    };
    const { pipeline, left, errors } = setUp([broken]);
    pipeline.push(text(1));
    pipeline.push({ kind: 'dtmf', digit: '1' });
    await settle();
    expect(errors).toEqual(['broken: Error: no']);
    expect(names(left)).toEqual(['dtmf']);
  });

  test('nothing passes after it was closed', () => {
    const { pipeline, left } = setUp([]);
    pipeline.close();
    pipeline.push(text(1));
    expect(left).toEqual([]);
  });
});
