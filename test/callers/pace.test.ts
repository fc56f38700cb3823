import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPace } from '#callers/pace.ts';
import { ManualClock } from '#memory/manual-clock.ts';

test('the n-th frame comes at 20 ms times n from the start, however odd the start', async () => {
  const clock = new ManualClock(0);
  await clock.advance(13);
  const pace = createPace(clock);
  const at: number[] = [];
  pace.start(() => at.push(clock.now()));
  await clock.advance(10_005);
  expect(at).toHaveLength(501);
  for (const [index, time] of at.entries()) {
    expect(time).toBeGreaterThanOrEqual(13 + index * 20);
    expect(time).toBeLessThanOrEqual(13 + index * 20 + 5);
  }
});

test('late timers are made up for: whatever the stalls, no frame is lost, doubled, early or out of order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 20 }), async (stalls) => {
      const clock = new ManualClock(0);
      const pace = createPace(clock);
      const frames: { index: number; at: number }[] = [];
      const stop = pace.start((index) => frames.push({ index, at: clock.now() }));
      for (const stall of stalls) {
        clock.stall(stall);
        await clock.advance(100);
      }
      await clock.advance(5);
      stop();
      expect(frames.map(({ index }) => index)).toEqual(frames.map((_, position) => position));
      expect(frames.every(({ index, at }) => at >= index * 20)).toBe(true);
      expect(frames.length).toBe(Math.floor((clock.now() - (clock.now() % 5)) / 20) + 1);
    }),
  );
});

test('many calls share one timer, and none is left after the last one', async () => {
  const clock = new ManualClock(0);
  const pace = createPace(clock);
  const stops = Array.from({ length: 100 }, () => pace.start(() => {}));
  await clock.advance(95);
  expect(clock.timers).toBe(1);
  for (const stop of stops) stop();
  expect(clock.timers).toBe(0);
});

test('a call that ends in the middle of a catch-up gets no further frame', async () => {
  const clock = new ManualClock(0);
  const pace = createPace(clock);
  let count = 0;
  const stop = pace.start(() => {
    count += 1;
    if (count === 3) stop();
  });
  clock.stall(500);
  await clock.advance(10);
  expect(count).toBe(3);
});

test('the worst lateness is reported once', async () => {
  const clock = new ManualClock(0);
  const pace = createPace(clock);
  const stop = pace.start(() => {});
  await clock.advance(100);
  pace.takeWorstLatenessMs();
  clock.stall(200);
  await clock.advance(20);
  stop();
  expect(pace.takeWorstLatenessMs()).toBeGreaterThanOrEqual(180);
  expect(pace.takeWorstLatenessMs()).toBe(0);
});
