import { describe, expect, test } from 'vitest';
import { WaitQueue } from '#runtime/edge/wait-queue.ts';
import { ManualClock } from '#memory/manual-clock.ts';

const setUp = (maxPending = 3, maxWaitMs = 1_000) => {
  const clock = new ManualClock();
  return { clock, queue: new WaitQueue({ clock, maxPending, maxWaitMs }) };
};

describe('the wait queue', () => {
  test('serves first come first served as places come free', async () => {
    const { clock, queue } = setUp();
    let places = 0;
    const served: string[] = [];
    const join = (name: string) =>
      queue.wait(
        'appointments',
        () => 'pool',
        async () => {
          if (places === 0) return false;
          places--;
          served.push(name);
          return true;
        },
      );
    const all = [join('first'), join('second'), join('third')];
    expect(queue.depthOf('appointments')).toBe(3);
    places = 2;
    await clock.advance(100);
    expect(served).toEqual(['first', 'second']);
    places = 1;
    await clock.advance(100);
    expect(await Promise.all(all)).toEqual([true, true, true]);
    expect(queue.depth).toBe(0);
  });

  test('invariant 11: the one too many is told at once, and nobody waits longer than allowed', async () => {
    const { clock, queue } = setUp(1, 300);
    const first = queue.wait(
      'appointments',
      () => 'pool',
      async () => false,
    );
    expect(
      await queue.wait(
        'appointments',
        () => 'pool',
        async () => true,
      ),
    ).toBe(false);
    await clock.advance(300);
    expect(await first).toBe(false);
    expect(queue.depth).toBe(0);
  });

  test('a full pool is asked once a round, whoever waits for it, and does not hold up another pool', async () => {
    const { clock, queue } = setUp(10, 10_000);
    let asked = 0;
    const full = async () => {
      asked++;
      return false;
    };
    for (let index = 0; index < 5; index++) void queue.wait('appointments', () => 'full', full);
    const other = queue.wait(
      'appointments',
      () => 'free',
      async () => true,
    );
    await clock.advance(100);
    expect(asked).toBe(1);
    expect(await other).toBe(true);
  });

  test('an attempt that throws ends its own wait only', async () => {
    const { clock, queue } = setUp();
    const broken = queue.wait(
      'appointments',
      () => 'pool',
      () => Promise.reject(new Error('the key cannot be read')),
    );
    const failed = broken.catch((error: unknown) => String(error));
    const other = queue.wait(
      'appointments',
      () => 'pool',
      async () => true,
    );
    await clock.advance(100);
    expect(await failed).toBe('Error: the key cannot be read');
    expect(await other).toBe(true);
    expect(queue.depth).toBe(0);
  });

  test('knows who stands in line for a pool', () => {
    const { queue } = setUp();
    let pool = 'a';
    void queue.wait(
      'appointments',
      () => pool,
      async () => false,
    );
    expect([queue.hasWaiting('a'), queue.hasWaiting('b')]).toEqual([true, false]);
    pool = 'b';
    expect([queue.hasWaiting('a'), queue.hasWaiting('b')]).toEqual([false, true]);
  });
});
