import { describe, expect, test } from 'vitest';
import type { Command } from '#core/version-set/command.ts';
import type { Consequence } from '#core/version-set/consequence.ts';
import { storedHistoryEntry } from '#core/version-set/head.ts';
import { transition } from '#core/version-set/transition.ts';
import { abort, at, context, freeze, headAfter, initialize, promote, promotion, release } from './build.ts';
import { rollBack, setWeight, startCanary, unfreeze } from './build.ts';

const p = promotion('p');
const bar = (name: string, promotionId?: string) => ({
  kind: 'quarantine',
  release: release(name),
  ...(promotionId !== undefined && { promotionId }),
});
const ended = (outcome: string) => [
  { kind: 'end-promotion', promotionId: p, outcome },
  { kind: 'page-promotion', promotionId: p, page: outcome },
];

const follows = (before: readonly Command[], command: Command): readonly Consequence[] => {
  const head = before.length === 0 ? undefined : headAfter(...before);
  const result = transition(head, command, context({ at: at(60) }));
  if (result.kind !== 'moved') throw new Error(`${command.kind} was ${result.kind}`);
  return result.head.lastTransition.follows ?? [];
};

const canary = [initialize(), startCanary()];
const promoted = [...canary, promote()];

describe('what follows a transition', () => {
  test.each<readonly [string, readonly Command[], Command, readonly object[]]>([
    ['nothing, when a person puts the first release', [], initialize(), []],
    [
      'the end and a page, when a promotion puts the first release',
      [],
      { kind: 'initialize', release: release('b'), promotionId: p, reason: 'first' },
      ended('promoted'),
    ],
    ['nothing, when a canary starts', [initialize()], startCanary(), []],
    ['nothing, when its weight changes', canary, setWeight(25, 2), []],
    ['the end and a page, when it is promoted', canary, promote(), ended('promoted')],
    ['the end and a page, when it is aborted', canary, abort(), ended('aborted')],
    [
      'the bar before them, when it was measured to be bad',
      canary,
      { ...abort(), quarantine: true },
      [bar('b', p), ...ended('aborted')],
    ],
    ['the end and a page, when a person takes it back', canary, rollBack(), ended('aborted')],
    [
      'the bar as well, when that person says so',
      canary,
      rollBack('b', { quarantine: true }),
      [bar('b', p), ...ended('aborted')],
    ],
    [
      'a page about stable, when callers leave stable',
      promoted,
      rollBack('b'),
      [{ kind: 'page-roll-back', release: release('b') }],
    ],
    [
      'the bar before it, when stable was measured to be bad',
      promoted,
      rollBack('b', { quarantine: true }),
      [bar('b'), { kind: 'page-roll-back', release: release('b') }],
    ],
    [
      'the end of a candidate that leaves with stable, on one page',
      [...promoted, startCanary({ promotionId: promotion('q'), release: release('c'), seenRevision: 3 })],
      rollBack('b'),
      [
        { kind: 'end-promotion', promotionId: promotion('q'), outcome: 'aborted' },
        { kind: 'page-roll-back', release: release('b'), promotionId: promotion('q') },
      ],
    ],
    [
      'nothing, when a drill leaves stable, whatever it says',
      promoted,
      rollBack('b', { drill: true, quarantine: true }),
      [],
    ],
    [
      'nothing, when the drill is over',
      [...promoted, rollBack('b', { drill: true })],
      { kind: 'restore', release: release('b'), reason: 'over' },
      [],
    ],
    ['nothing, when a set is frozen', promoted, freeze, []],
    ['nothing, when it is unfrozen', [...promoted, freeze], unfreeze, []],
  ])('%s', (_what, before, command, expected) => {
    expect(follows(before, command)).toEqual(expected);
  });

  test('is read from an entry of before that says nothing', () => {
    const { lastTransition } = headAfter(initialize());
    expect(storedHistoryEntry.read(JSON.parse(JSON.stringify(lastTransition)), 'an entry').follows).toBeUndefined();
  });
});
