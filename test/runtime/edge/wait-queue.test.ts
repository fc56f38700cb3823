import { describe, expect, test } from 'vitest';
import { WaitQueue } from '#runtime/edge/wait-queue.ts';
import { ManualClock } from '#memory/manual-clock.ts';

const setUp = (maxPending = 3, maxWaitMs = 1_000) => {
  const clock = new ManualClock();
  const queue = new WaitQueue({ clock, maxPending, maxWaitMs });
  const join = (pool: string | (() => string), attempt: () => Promise<boolean>, isGone = () => false) =>
    queue.wait({
      service: 'appointments',
      poolOf: typeof pool === 'string' ? () => pool : pool,
      attempt,
      isGone,
      sinceMs: clock.now(),
    });
  return { clock, queue, join };
};

describe('the wait queue', () => {
  test('serves first come first served as places come free', async () => {
    const { clock, queue, join } = setUp();
    let places = 0;
    const served: string[] = [];
    const caller = (name: string) =>
      join('pool', async () => {
        if (places === 0) return false;
        places--;
        served.push(name);
        return true;
      });
    const all = [caller('first'), caller('second'), caller('third')];
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
    const { clock, queue, join } = setUp(1, 300);
    const first = join('pool', async () => false);
    expect(await join('pool', async () => true)).toBe(false);
    await clock.advance(300);
    expect(await first).toBe(false);
    expect(queue.depth).toBe(0);
  });

  test('the wait counts from when the call came, whatever it tried before', async () => {
    const { clock, queue } = setUp(3, 300);
    const sinceMs = clock.now() - 200;
    const wait = { service: 'appointments', poolOf: () => 'pool', attempt: async () => false, isGone: () => false };
    const late = queue.wait({ ...wait, sinceMs });
    await clock.advance(100);
    expect(await late).toBe(false);
    expect(await queue.wait({ ...wait, sinceMs: clock.now() - 300 })).toBe(false);
  });

  test('a queue that is full for one pool takes the callers of another', async () => {
    const { clock, join } = setUp(1, 300);
    void join('full', async () => false);
    const other = join('free', async () => true);
    await clock.advance(100);
    expect(await other).toBe(true);
  });

  test('a full pool is asked once a round, whoever waits for it, and does not hold up another pool', async () => {
    const { clock, join } = setUp(10, 10_000);
    let asked = 0;
    const full = async () => {
      asked++;
      return false;
    };
    for (let index = 0; index < 5; index++) void join('full', full);
    const other = join('free', async () => true);
    await clock.advance(100);
    expect(asked).toBe(1);
    expect(await other).toBe(true);
  });

  test('a pool that does not answer holds up neither the callers of another nor the end of a wait', async () => {
    const { clock, join } = setUp(10, 300);
    let answer: ((started: boolean) => void) | undefined;
    const silent = join('silent', () => new Promise((resolve) => (answer = resolve)));
    const behind = join('silent', async () => true);
    const other = join('free', async () => true);
    await clock.advance(100);
    expect(await other).toBe(true);
    await clock.advance(200);
    expect(await behind).toBe(false);
    answer?.(true);
    expect(await silent).toBe(true);
  });

  test('a caller who hung up leaves the queue, and the place to the next', async () => {
    const { clock, queue, join } = setUp(1);
    let gone = false;
    const caller = join(
      'pool',
      async () => false,
      () => gone,
    );
    gone = true;
    await clock.advance(100);
    expect(await caller).toBe(false);
    expect(queue.depth).toBe(0);
  });

  test('an attempt that throws ends its own wait only', async () => {
    const { clock, queue, join } = setUp();
    const broken = join('pool', () => Promise.reject(new Error('the key cannot be read')));
    const failed = broken.catch((error: unknown) => String(error));
    const other = join('pool', async () => true);
    await clock.advance(100);
    expect(await failed).toBe('Error: the key cannot be read');
    expect(await other).toBe(true);
    expect(queue.depth).toBe(0);
  });

  test('knows who stands in line for a pool', () => {
    const { queue, join } = setUp();
    let pool = 'a';
    void join(
      () => pool,
      async () => false,
    );
    expect([queue.hasWaiting('a'), queue.hasWaiting('b')]).toEqual([true, false]);
    pool = 'b';
    expect([queue.hasWaiting('a'), queue.hasWaiting('b')]).toEqual([false, true]);
  });
});
