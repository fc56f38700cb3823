import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from '#core/clock.ts';
import type { Command } from '#core/version-set/command.ts';
import { headStoreOver } from '#core/version-set/head-protocol.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import { type MemoryHeadItems, memoryHeadItems } from '#memory/head-items.ts';
import type { Operation } from '#memory/wire.ts';
import { type Intention, intention, standing } from '../core/version-set/arbitrary.ts';
import { at, initialize, productionSet, service } from '../core/version-set/build.ts';
import { expectSoundHistory, expectWholeHistory } from '../core/version-set/invariants.ts';

/** The process ends here; what it has written stays. */
class Crash extends Error {}

const counter = () => {
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

interface Raced {
  readonly items: MemoryHeadItems;
  readonly head: Head;
  /** Every revision that ever stood, in the order in which it was written. */
  readonly written: readonly Head[];
  readonly moved: number;
}

const race = async (
  scheduler: fc.Scheduler,
  all: readonly (readonly { readonly intention: Intention; readonly repeats: number }[])[],
  crashPoints: Iterator<'before' | 'after' | undefined>,
): Promise<Raced> => {
  const written: Head[] = [];
  const now = counter();
  const turn = () => scheduler.schedule(Promise.resolve());
  let isRacing = false;
  const crashing = new WeakSet<Operation>();
  // No time passes: whoever lost a race lets the others go first, and tries again.
  const clock: Clock = {
    now: () => 0,
    after: (_delayMs, task) => {
      void turn().then(task);
      return () => undefined;
    },
  };
  const items = memoryHeadItems({
    clock,
    standing: (release) => turn().then(() => standing(release)),
    wire: {
      before: async (operation) => {
        if (!isRacing) return;
        await turn();
        const point = crashPoints.next().value as 'before' | 'after' | undefined;
        if (point === 'before') throw new Crash();
        if (point === 'after') crashing.add(operation);
      },
      after: (operation) => (crashing.has(operation) ? Promise.reject(new Crash()) : Promise.resolve()),
    },
    onChange: ({ before, after }) => {
      if (before?.revision !== after.revision) written.push(after);
    },
  });
  const store = headStoreOver(items, { clock, random: () => 0 });
  const first = { by: 'test', at: new Date(at(now())) };
  const start = store.apply(service, productionSet, initialize(), first);
  await scheduler.waitFor(start);
  isRacing = true;
  let moved = 1;
  const running = Promise.all(
    all.map((intentions) =>
      runWriter(store, intentions, now, () => {
        moved += 1;
      }),
    ),
  );
  await scheduler.waitFor(running);
  return { items, head: items.heads.all()[0]!, written, moved };
};

describe('any interleaving of writers over single conditional writes', () => {
  test('invariant 4: history is gap-free and ordered, wherever writers crash between the two writes', async () => {
    let crashedBetween = 0;
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), writers, crashes, async (scheduler, all, points) => {
        const { items, head, written } = await race(scheduler, all, points[Symbol.iterator]());
        const archived = items.entries.all().toSorted((a, b) => a.revision - b.revision);
        const entryOf = new Map(archived.map((entry) => [entry.revision, entry]));
        expectSoundHistory(expectWholeHistory(head, archived));
        crashedBetween += archived.length >= head.revision ? 1 : 0;
        expect(written.map(({ revision }) => revision)).toEqual(written.map((_, index) => index + 1));
        for (const one of written.slice(0, -1)) expect(entryOf.get(one.revision)).toEqual(one.lastTransition);
      }),
      { numRuns: 400 },
    );
    expect(crashedBetween).toBeGreaterThan(0);
  });

  test('invariants 1, 2 and 5 hold in what was written, and no transition is lost or doubled', async () => {
    let contested = 0;
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), writers, noCrashes, async (scheduler, all, points) => {
        const { head, written, moved } = await race(scheduler, all, points);
        expect(moved).toBe(written.length);
        expect(head.revision).toBe(moved);
        expectSoundHistory(written.map(({ lastTransition }) => lastTransition));
        contested += moved > 4 ? 1 : 0;
      }),
      { numRuns: 400 },
    );
    expect(contested).toBeGreaterThan(20);
  });
});
