import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { headStoreOver } from '#aws/head-store.ts';
import type { Command } from '#core/version-set/command.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import { type Intention, intention } from '../core/version-set/arbitrary.ts';
import { at, initialize, productionSet, service } from '../core/version-set/build.ts';
import { expectSoundHistory, expectWholeHistory } from '../core/version-set/invariants.ts';
import { Crash, MemoryHeadItems } from './memory-head-items.ts';

const clock = () => {
  let seconds = 0;
  return () => {
    seconds += 1;
    return seconds;
  };
};

/** A writer reads, decides on a command from what it saw, and sends it, perhaps twice; after a crash it starts over. */
const runWriter = async (
  store: HeadStore,
  intentions: readonly { readonly intention: Intention; readonly repeats: number }[],
  now: () => number,
  onMoved: () => void,
): Promise<void> => {
  for (const { intention, repeats } of intentions) {
    let command: Command | undefined;
    for (let left = repeats + 1; left > 0; left -= 1) {
      try {
        command ??= intention.resolve(await store.read(service, productionSet), now());
        const result = await store.apply(service, productionSet, command, {
          by: 'writer',
          at: new Date(at(now())),
        });
        if (result.kind === 'moved') onMoved();
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
    }
  }
};

const writers = fc.array(
  fc.array(fc.record({ intention, repeats: fc.nat({ max: 2 }) }), { minLength: 1, maxLength: 8, size: 'max' }),
  { minLength: 2, maxLength: 5, size: 'max' },
);

const crashes = fc.infiniteStream(
  fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, fc.constantFrom('before' as const, 'after' as const)),
);

const noCrashes = fc.constant(
  (function* () {
    for (;;) yield undefined;
  })(),
);

const race = async (
  scheduler: fc.Scheduler,
  all: readonly (readonly { readonly intention: Intention; readonly repeats: number }[])[],
  crashPoints: Iterator<'before' | 'after' | undefined>,
) => {
  const items = new MemoryHeadItems();
  const now = clock();
  const direct = items.connect(() => Promise.resolve(), (function* () {})());
  await headStoreOver(direct).apply(service, productionSet, initialize(), { by: 'test', at: new Date(at(now())) });
  let moved = 1;
  const turn = () => scheduler.schedule(Promise.resolve());
  const running = Promise.all(
    all.map((intentions) =>
      runWriter(headStoreOver(items.connect(turn, crashPoints), turn), intentions, now, () => {
        moved += 1;
      }),
    ),
  );
  await scheduler.waitFor(running);
  return { items, moved };
};

describe('any interleaving of writers over single conditional writes', () => {
  test('invariant 4: history is gap-free and ordered, wherever writers crash between the two writes', async () => {
    let crashedBetween = 0;
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), writers, crashes, async (scheduler, all, points) => {
        const { items } = await race(scheduler, all, points[Symbol.iterator]());
        const head = items.head!;
        const archived = [...items.history.values()].sort((a, b) => a.revision - b.revision);
        expectSoundHistory(expectWholeHistory(head, archived));
        crashedBetween += archived.length >= head.revision ? 1 : 0;
        expect(items.written.map(({ revision }) => revision)).toEqual(items.written.map((_, index) => index + 1));
        for (const written of items.written.slice(0, -1))
          expect(items.history.get(written.revision)).toEqual(written.lastTransition);
      }),
      { numRuns: 400 },
    );
    expect(crashedBetween).toBeGreaterThan(0);
  });

  test('invariants 1, 2 and 5 hold in what was written, and no transition is lost or doubled', async () => {
    let contested = 0;
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), writers, noCrashes, async (scheduler, all, points) => {
        const { items, moved } = await race(scheduler, all, points);
        expect(moved).toBe(items.written.length);
        expect(items.head!.revision).toBe(moved);
        expectSoundHistory(items.written.map(({ lastTransition }) => lastTransition));
        contested += moved > 4 ? 1 : 0;
      }),
      { numRuns: 400 },
    );
    expect(contested).toBeGreaterThan(20);
  });
});
