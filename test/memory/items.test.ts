import { describe, expect, test } from 'vitest';
import { Items } from '#memory/items.ts';
import { type Operation, throttled } from '#memory/wire.ts';

interface Thing {
  readonly count: number;
  readonly until?: number;
}

const setUp = () => {
  const state = { nowMs: 0 };
  const clock = { now: () => state.nowMs, after: () => () => undefined };
  return { state, clock };
};

describe('items in memory', () => {
  test('a refused operation has not happened; one whose answer is lost has', async () => {
    const { clock } = setUp();
    const seen: Operation[] = [];
    const faults = { throttle: false, loseAnswer: false };
    const items = new Items<Thing>({
      name: 'things',
      clock,
      wire: {
        before: async (operation) => {
          seen.push(operation);
          if (faults.throttle) throw throttled(operation);
        },
        after: async () => {
          if (faults.loseAnswer) throw new Error('lost');
        },
      },
    });
    faults.throttle = true;
    await expect(items.put('a', { count: 1 })).rejects.toMatchObject({ code: 'aws-failed', retryable: true });
    expect(items.peek('a')).toBeUndefined();
    Object.assign(faults, { throttle: false, loseAnswer: true });
    await expect(items.put('a', { count: 1 })).rejects.toThrow('lost');
    expect(items.peek('a')).toEqual({ count: 1 });
    expect(seen).toEqual([
      { store: 'things', kind: 'write', key: 'a' },
      { store: 'things', kind: 'write', key: 'a' },
    ]);
  });

  test('of writers with one condition one wins', async () => {
    const items = new Items<Thing>({ name: 'things', ...setUp() });
    const won = await Promise.all(Array.from({ length: 16 }, (_, count) => items.putOnce('a', { count })));
    expect(won.filter(Boolean)).toHaveLength(1);
    const moved = await Promise.all(
      Array.from({ length: 16 }, () =>
        items.update('a', (present) => (present?.count === 0 ? { count: 1 } : undefined)),
      ),
    );
    expect(moved.filter(Boolean)).toHaveLength(1);
  });

  test('nobody changes what is stored but by writing', async () => {
    const items = new Items<{ list: number[] }>({ name: 'things', ...setUp() });
    const mine = { list: [1] };
    await items.put('a', mine);
    mine.list.push(2);
    expect(await items.get('a')).toEqual({ list: [1] });
    expect(() => items.peek('a')!.list.push(3)).toThrow(TypeError);
  });

  test('are read in the order of their keys, whatever the order of writing', async () => {
    const items = new Items<Thing>({ name: 'things', ...setUp() });
    for (const count of [3, 1, 5, 2, 4]) await items.put(`a#${count}`, { count });
    await items.put('b#0', { count: 0 });
    const counts = (found: readonly Thing[]) => found.map(({ count }) => count);
    expect(counts(await items.list('a#', 10))).toEqual([1, 2, 3, 4, 5]);
    expect(counts(await items.list('a#', 2))).toEqual([1, 2]);
    expect(counts(await items.range('a#2', 'a#4', 10))).toEqual([2, 3]);
    await items.remove('a#3');
    expect(counts(await items.list('', 10))).toEqual([1, 2, 4, 5, 0]);
  });

  test('an expired item is gone, and its key is free', async () => {
    const { state, clock } = setUp();
    const items = new Items<Thing>({ name: 'things', clock, expiresAt: ({ until = 0 }) => until });
    await items.put('a', { count: 1, until: 10 });
    expect(await items.putOnce('a', { count: 2, until: 20 })).toBe(false);
    state.nowMs = 10;
    expect(await items.get('a')).toBeUndefined();
    expect(await items.list('', 10)).toEqual([]);
    expect(await items.putOnce('a', { count: 2, until: 20 })).toBe(true);
  });

  test('a stream hears every write in order, with what stood before', async () => {
    const changes: unknown[] = [];
    const items = new Items<Thing>({ name: 'things', ...setUp(), onChange: (change) => changes.push(change) });
    await items.put('a', { count: 1 });
    await items.putOnce('a', { count: 2 });
    await items.put('a', { count: 3 });
    expect(changes).toEqual([
      { key: 'a', after: { count: 1 } },
      { key: 'a', before: { count: 1 }, after: { count: 3 } },
    ]);
  });
});
