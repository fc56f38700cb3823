import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPlayout } from '#callers/playout.ts';
import { speech } from './fake-agent.ts';

type Step = { readonly audio: Uint8Array } | { readonly mark: string };

const step = fc.oneof(
  fc.uint8Array({ maxLength: 500 }).map((audio): Step => ({ audio })),
  fc.integer({ min: 0, max: 999 }).map((id): Step => ({ mark: `m${id}` })),
);

test('plays every byte in order, and returns each mark when all audio before it has been played', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const playout = createPlayout();
      const sent: number[] = [];
      const marks: { name: string; after: number }[] = [];
      for (const item of steps) {
        if ('audio' in item) {
          playout.add(item.audio);
          sent.push(...item.audio);
        } else {
          playout.mark(item.mark);
          marks.push({ name: item.mark, after: sent.length });
        }
      }
      const heard: number[] = [];
      const returned: { name: string; heard: number }[] = [];
      for (let frame = 0; frame <= sent.length / 160 + 1; frame += 1) {
        const { audio, marks: reached } = playout.play();
        heard.push(...(audio ?? []));
        returned.push(...reached.map((name) => ({ name, heard: heard.length })));
      }
      expect(heard.slice(0, sent.length)).toEqual(sent);
      expect(returned.map(({ name }) => name)).toEqual(marks.map(({ name }) => name));
      for (const [index, { heard: played }] of returned.entries()) {
        expect(played).toBeGreaterThanOrEqual(marks[index]!.after);
        expect(played).toBeLessThan(marks[index]!.after + 160 * 2);
      }
    }),
  );
});

test('clear drops what was not played and gives back its marks, once', () => {
  const playout = createPlayout();
  playout.add(speech(40));
  playout.mark('heard');
  playout.add(speech(1000));
  playout.mark('cleared');
  expect([playout.play().marks, playout.play().marks]).toEqual([[], ['heard']]);
  expect(playout.clear()).toEqual(['cleared']);
  expect(playout.clear()).toEqual([]);
  expect(playout.play()).toEqual({ audio: undefined, marks: [] });
});

test('invariant 11: the buffer has a limit, and what does not fit is refused', () => {
  const playout = createPlayout();
  expect(playout.add(speech(600_000))).toBe(true);
  expect(playout.add(speech(20))).toBe(false);
  playout.play();
  expect(playout.add(speech(20))).toBe(true);
});
