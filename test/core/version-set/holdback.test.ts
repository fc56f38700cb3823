import { describe, expect, test } from 'vitest';
import { Command, type CommandContext } from '#core/version-set/command.ts';
import { Head } from '#core/version-set/head.ts';
import { activeHoldback, comparisonIdOn } from '#core/version-set/holdback.ts';
import { type TransitionResult, transition } from '#core/version-set/transition.ts';
import {
  abort,
  at,
  clear,
  context,
  endHoldback,
  freeze,
  headAfter,
  initialize,
  promote,
  promoteWatched,
  promotion,
  release,
  rollBack,
  startCanary,
  suspect,
} from './build.ts';

const next = startCanary({ promotionId: promotion('q'), release: release('c'), seenRevision: 3 });
const watched = headAfter(initialize(), startCanary(), promoteWatched());
const suspected = headAfter(initialize(), startCanary(), promoteWatched(), suspect);
const cleared = headAfter(initialize(), startCanary(), promoteWatched(), suspect, clear);
const rested = headAfter(initialize(), startCanary(), promoteWatched(), endHoldback);
const inCanary = headAfter(initialize(), startCanary(), promoteWatched(), next);

const after = (head: Head | undefined, command: Command, over: Partial<CommandContext> = {}): TransitionResult =>
  transition(head, command, context({ at: at(60), ...over }));
const codeOf = (result: TransitionResult): string => (result.kind === 'refused' ? result.code : result.kind);
const headOf = (result: TransitionResult): Head => {
  if (result.kind !== 'moved') throw new Error(`${result.kind}: ${JSON.stringify(result)}`);
  return result.head;
};

describe('a holdback', () => {
  test('comes with the promotion: some callers stay on what was stable, and the comparison has an id of its own', () => {
    expect(watched.holdback).toEqual({
      release: release('a'),
      promotionId: promotion('p'),
      comparisonId: expect.stringMatching(/^[0-9a-f]{32}$/),
      weightPercent: 2,
      startedAt: at(3),
      watchPercent: 2,
      until: at(86_400),
    });
    expect(watched.lastTransition.to).toEqual({
      stable: release('b'),
      holdback: release('a'),
      weightPercent: 2,
    });
    expect(comparisonIdOn(watched)).not.toBe(promotion('p'));
  });

  test('rests without a watch time, and suspicion still finds it', () => {
    const plain = headAfter(initialize(), startCanary(), promote());
    expect(activeHoldback(plain)).toBeUndefined();
    expect(plain.lastTransition.to).toEqual({ stable: release('b'), weightPercent: 0 });
    expect(headOf(after(plain, suspect(plain))).holdback).toMatchObject({ weightPercent: 50, watchPercent: 0 });
  });

  test('every head on the way is valid as stored', () => {
    for (const head of [watched, suspected, cleared, rested, inCanary]) expect(Head.parse(head)).toEqual(head);
  });

  test('above half of the callers it is refused as input', () => {
    const result = Command.safeParse({ ...promoteWatched(), holdback: { weightPercent: 51, until: at(9) } });
    expect(result.error?.issues[0]).toMatchObject({ path: ['holdback', 'weightPercent'], maximum: 50 });
  });

  test('suspicion moves half of the callers to last-good at once, and begins a comparison anew', () => {
    expect(suspected.holdback).toMatchObject({
      release: release('a'),
      weightPercent: 50,
      watchPercent: 2,
      suspected: { at: at(4), by: 'test', reason: 'stable fails more than it did' },
    });
    expect(comparisonIdOn(suspected)).not.toBe(comparisonIdOn(watched));
    expect(suspected.stable).toBe(release('b'));
    expect(suspected.lastTransition).toMatchObject({ kind: 'suspect', promotionId: promotion('p') });
  });

  test('no worse: all return, to the holdback of before while the watch time lasts, and no comparison is taken up again', () => {
    expect(cleared.holdback).toMatchObject({ weightPercent: 2 });
    expect(cleared.holdback).not.toHaveProperty('suspected');
    const ids = [watched, suspected, cleared].map((head) => comparisonIdOn(head));
    expect(new Set(ids).size).toBe(3);
    expect(headOf(after(suspected, clear(suspected), { at: at(90_000) })).holdback).toMatchObject({ weightPercent: 0 });
  });

  test('worse: all go back with the roll-back, and nothing is held back any more', () => {
    const back = headOf(after(suspected, rollBack('b')));
    expect(back).toMatchObject({ stable: release('a'), lastGood: release('a') });
    expect(back).not.toHaveProperty('holdback');
    expect(back.lastTransition).toMatchObject({
      promotionId: promotion('p'),
      from: { stable: release('b'), holdback: release('a'), weightPercent: 50 },
      to: { stable: release('a'), weightPercent: 0 },
    });
  });

  test('after the watch time it rests, and suspicion moves half of the callers all the same', () => {
    expect(activeHoldback(rested)).toBeUndefined();
    expect(headOf(after(rested, suspect(rested))).holdback).toMatchObject({ weightPercent: 50 });
  });

  test('invariant 2: the next canary ends it, and its abort brings back what is left of the watch time', () => {
    expect(activeHoldback(inCanary)).toBeUndefined();
    expect(comparisonIdOn(inCanary)).toBe(promotion('q'));
    const early = headOf(after(inCanary, abort('q')));
    expect(activeHoldback(early)).toMatchObject({ weightPercent: 2, promotionId: promotion('p'), startedAt: at(60) });
    expect(activeHoldback(headOf(after(inCanary, rollBack('c'))))).toMatchObject({ weightPercent: 2 });
    expect(activeHoldback(headOf(after(inCanary, abort('q'), { at: at(90_000) })))).toBeUndefined();
  });

  test('the next promotion brings its own', () => {
    const second = headAfter(initialize(), startCanary(), promoteWatched(), next, promoteWatched('q', 10));
    expect(second.holdback).toMatchObject({ release: release('b'), promotionId: promotion('q'), weightPercent: 10 });
  });

  test('a drill takes it away, and stable stays watched when it is restored', () => {
    const drilled = headAfter(initialize(), startCanary(), promoteWatched(), rollBack('b', { drill: true }));
    expect(drilled).not.toHaveProperty('holdback');
    const restored = headOf(after(drilled, { kind: 'restore', release: release('b'), reason: 'drill over' }));
    expect(restored.holdback).toMatchObject({ release: release('a'), promotionId: promotion('p'), weightPercent: 0 });
  });
});

describe('a frozen set', () => {
  const frozen = headAfter(initialize(), startCanary(), promoteWatched(), freeze);

  test('lets suspicion move callers to last-good, which is going back', () => {
    expect(headOf(after(frozen, suspect(frozen)))).toMatchObject({
      frozen: { by: 'test' },
      holdback: { weightPercent: 50 },
    });
  });

  test.each([
    ['their return', 'frozen', headAfter(initialize(), startCanary(), promoteWatched(), suspect, freeze), clear],
    ['the end of the watch time', 'frozen', frozen, endHoldback],
  ] as const)('makes %s wait: %s', (_what, code, head, command) => {
    expect(codeOf(after(head, command(head)))).toBe(code);
  });

  test('invariant 7: lets all callers go back', () => {
    const head = headAfter(initialize(), startCanary(), promoteWatched(), suspect, freeze);
    expect(headOf(after(head, rollBack()))).toMatchObject({ stable: release('a') });
  });
});

describe('what is late, repeated or out of place', () => {
  test.each([
    ['suspect', suspected, suspect(watched)],
    ['clear', cleared, clear(suspected)],
    ['clear of what nobody suspects', watched, clear(watched)],
    ['end-holdback', rested, endHoldback(watched)],
    ['end-holdback where nothing was promoted', headAfter(initialize()), endHoldback(watched)],
  ] as const)('%s changes nothing', (_what, head, command) => {
    expect(after(head, command)).toEqual({ kind: 'unchanged', head });
  });

  test.each([
    ['a suspicion of an earlier comparison', 'superseded', cleared, suspect(watched)],
    ['a return that another comparison decided', 'superseded', suspected, clear(watched)],
    ['a suspicion that was decided before the canary began', 'superseded', inCanary, suspect(watched)],
    ['a suspicion during a canary', 'promotion-running', inCanary, suspect(inCanary)],
    ['a suspicion where nothing was promoted', 'no-last-good', headAfter(initialize()), suspect(undefined)],
    ['a promotion while stable is suspected', 'stable-suspected', suspected, { ...next, seenRevision: 4 }],
    ['the end of a holdback that is suspected', 'stable-suspected', suspected, endHoldback(suspected)],
  ] as const)('%s is refused: %s', (_what, code, head, command) => {
    expect(codeOf(after(head, command))).toBe(code);
  });
});
