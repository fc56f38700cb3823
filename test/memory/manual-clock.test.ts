import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pause } from '#core/clock.ts';
import { ManualClock } from '#memory/manual-clock.ts';

describe('the manual clock', () => {
  test('stands still until it is moved', async () => {
    const clock = new ManualClock(1_000);
    let rang = false;
    clock.after(0, () => (rang = true));
    expect([clock.now(), rang, clock.timers]).toEqual([1_000, false, 1]);
    await clock.advance(0);
    expect([clock.now(), rang, clock.timers]).toEqual([1_000, true, 0]);
  });

  test('runs every timer at its moment, in order, and no other', async () => {
    const delays = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(delays, fc.integer({ min: 0, max: 60 }), async (delays, ms) => {
        const clock = new ManualClock(0);
        const rang: { delay: number; index: number; at: number }[] = [];
        for (const [index, delay] of delays.entries())
          clock.after(delay, () => rang.push({ delay, index, at: clock.now() }));
        await clock.advance(ms);
        const due = delays.map((delay, index) => ({ delay, index, at: delay })).filter(({ delay }) => delay <= ms);
        expect(rang).toEqual(due.toSorted((a, b) => a.delay - b.delay || a.index - b.index));
        expect([clock.now(), clock.timers]).toEqual([ms, delays.length - due.length]);
      }),
      { numRuns: 50 },
    );
  });

  test('lets promises settle between timers, so that what a timer starts can set the next one', async () => {
    const clock = new ManualClock(0);
    const at: number[] = [];
    const walk = async () => {
      for (let step = 0; step < 3; step += 1) {
        await pause(clock, 10);
        at.push(clock.now());
      }
    };
    const walked = walk();
    await clock.advance(30);
    await walked;
    expect(at).toEqual([10, 20, 30]);
  });

  test('a cancelled timer never runs', async () => {
    const clock = new ManualClock();
    let rang = false;
    clock.after(5, () => (rang = true))();
    await clock.advance(10);
    expect([rang, clock.timers]).toEqual([false, 0]);
  });

  test('a stall lets time pass without its timers, which then come late', async () => {
    const clock = new ManualClock(0);
    const at: number[] = [];
    clock.after(10, () => at.push(clock.now()));
    clock.stall(25);
    expect([clock.now(), at]).toEqual([25, []]);
    await clock.advance(5);
    expect([clock.now(), at]).toEqual([30, [25]]);
  });
});
