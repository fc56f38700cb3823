import { describe, expect, test } from 'vitest';
import type { Command, CommandContext, CommandKind } from '#core/version-set/command.ts';
import { Head } from '#core/version-set/head.ts';
import { stateRules } from '#core/version-set/state-rules.ts';
import { type TransitionResult, transition } from '#core/version-set/transition.ts';
import {
  abort,
  at,
  context,
  edgeSet,
  freeze,
  headAfter,
  initialize,
  promote,
  promotion,
  release,
  rollBack,
  setWeight,
  startCanary,
  unfreeze,
  workingSet,
} from './build.ts';

const settled = headAfter(initialize());
const canary = headAfter(initialize(), startCanary());
const promoted = headAfter(initialize(), startCanary(), promote());
const aborted = headAfter(initialize(), startCanary(), abort());
const frozenCanary = headAfter(initialize(), startCanary(), freeze);

const after = (head: Head | undefined, command: Command, over: Partial<CommandContext> = {}): TransitionResult =>
  transition(head, command, context({ at: at(60), ...over }));
const codeOf = (result: TransitionResult): string => (result.kind === 'refused' ? result.code : result.kind);

describe('moves', () => {
  test('the first release is stable and last-good at once', () => {
    expect(settled).toMatchObject({ revision: 1, stable: release('a'), lastGood: release('a'), fence: 1 });
    expect(settled.lastTransition.from).toBeUndefined();
  });

  test('every head that a transition makes is valid as stored', () => {
    for (const head of [settled, canary, promoted, aborted, frozenCanary]) expect(Head.parse(head)).toEqual(head);
  });

  test('a canary puts the candidate beside stable with a lease on its exposure', () => {
    expect(canary.stable).toBe(release('a'));
    expect(canary.candidate).toEqual({
      release: release('b'),
      promotionId: promotion('p'),
      weightPercent: 5,
      startedAt: at(2),
      exposureUntil: at(600),
      fallbackWeightPercent: 0,
    });
  });

  test('invariant 5: promoting makes the candidate stable, keeps the old stable as last-good, and names its evidence', () => {
    expect(promoted).toMatchObject({ stable: release('b'), lastGood: release('a') });
    expect(promoted.candidate).toBeUndefined();
    expect(promoted.lastTransition).toMatchObject({
      kind: 'promote',
      promotionId: promotion('p'),
      evidence: `PROMOTION#${promotion('p')}/DECISION#0000000001`,
      from: { stable: release('a'), candidate: release('b'), weightPercent: 5 },
      to: { stable: release('b'), weightPercent: 0 },
    });
  });

  test('aborting drops the candidate and leaves stable alone', () => {
    expect(aborted).toMatchObject({ stable: release('a'), lastGood: release('a') });
    expect(aborted.candidate).toBeUndefined();
  });

  test('rolling back from the candidate drops it and belongs to its promotion in the history', () => {
    const result = after(canary, rollBack('b'));
    expect(result).toMatchObject({ kind: 'moved', head: { stable: release('a') } });
    expect(result.kind === 'moved' && result.head.lastTransition.promotionId).toBe(promotion('p'));
  });

  test('rolling back from stable makes last-good stable, and leaves nothing to bounce back to', () => {
    const result = after(promoted, rollBack('b'));
    expect(result).toMatchObject({ kind: 'moved', head: { stable: release('a'), lastGood: release('a') } });
    if (result.kind !== 'moved') return;
    expect(after(result.head, rollBack('b')).kind).toBe('unchanged');
    expect(codeOf(after(result.head, rollBack('a')))).toBe('no-last-good');
  });

  test.each(['registered', 'quarantined', 'unknown'] as const)(
    'the standing of last-good never refuses a roll-back: %s',
    (standing) => {
      const result = after(promoted, rollBack('b'), { standing: () => standing });
      expect(result).toMatchObject({ kind: 'moved', head: { stable: release('a'), lastGood: release('a') } });
    },
  );

  test('a roll-back that is sent twice without a name leaves the sound stable alone', () => {
    const second = headAfter(
      initialize(),
      startCanary(),
      promote(),
      startCanary({ promotionId: promotion('q'), release: release('c'), seenRevision: 3 }),
    );
    const once = after(second, rollBack());
    expect(once).toMatchObject({ kind: 'moved', head: { stable: release('b'), lastGood: release('a') } });
    if (once.kind !== 'moved') return;
    expect(after(once.head, rollBack())).toEqual({ kind: 'unchanged', head: once.head });
    expect(after(once.head, rollBack('b'))).toMatchObject({ kind: 'moved', head: { stable: release('a') } });
  });

  test('a roll-back without a name leaves what the latest promotion brought', () => {
    expect(after(promoted, rollBack())).toMatchObject({ kind: 'moved', head: { stable: release('a') } });
    expect(after(canary, rollBack())).toMatchObject({ kind: 'moved', head: { stable: release('a') } });
  });

  test('rolling back from stable takes the candidate with it', () => {
    const second = headAfter(initialize(), startCanary(), promote(), {
      ...startCanary({ promotionId: promotion('q'), release: release('c'), seenRevision: 3 }),
    });
    expect(after(second, rollBack('b'))).toMatchObject({ kind: 'moved', head: { stable: release('a') } });
    expect(after(second, rollBack('b'))).not.toHaveProperty('head.candidate');
  });

  test('a drill goes back and is undone, and both are marked in the history', () => {
    const drilled = headAfter(initialize(), startCanary(), promote(), rollBack('b', { drill: true }));
    expect(drilled).toMatchObject({ stable: release('a'), lastTransition: { kind: 'roll-back', drill: true } });
    const restored = after(drilled, { kind: 'restore', release: release('b'), reason: 'drill over' });
    expect(restored).toMatchObject({ kind: 'moved', head: { stable: release('b'), lastGood: release('a') } });
  });

  test('a roll-back that was no drill cannot be undone without a promotion', () => {
    const rolledBack = headAfter(initialize(), startCanary(), promote(), rollBack('b'));
    expect(codeOf(after(rolledBack, { kind: 'restore', release: release('b'), reason: 'oops' }))).toBe('no-drill');
  });

  test('renewing the lease changes neither revision nor history', () => {
    const result = after(canary, { kind: 'renew-exposure', promotionId: promotion('p'), exposureUntil: at(900) });
    expect(result).toEqual({
      kind: 'renewed',
      head: { ...canary, candidate: { ...canary.candidate, exposureUntil: at(900) } },
    });
  });

  test('the times of a history never go backwards, though the clocks of writers differ', () => {
    const early = transition(canary, freeze, context({ at: at(-100) }));
    expect(early.kind === 'moved' && early.head.lastTransition.at).toBe(canary.lastTransition.at);
  });
});

describe('repeats change nothing', () => {
  const cases: readonly (readonly [string, Head, Command])[] = [
    ['initialize', settled, initialize()],
    ['start-canary', canary, startCanary()],
    ['start-canary after the weight moved', headAfter(initialize(), startCanary(), setWeight(10, 2)), startCanary()],
    ['set-weight', canary, setWeight(5, 1)],
    ['promote', promoted, promote()],
    [
      'promote by the promotion that brought the first release',
      headAfter({ kind: 'initialize', release: release('a'), promotionId: promotion('p'), reason: 'first' }),
      promote(),
    ],
    ['promote after somebody froze the set', headAfter(initialize(), startCanary(), promote(), freeze), promote()],
    ['abort', aborted, abort()],
    ['abort of a promotion that never started', settled, abort('never')],
    ['roll-back from a release that callers have left', aborted, rollBack('b')],
    ['roll-back without a name after an abort', aborted, rollBack()],
    [
      'roll-back without a name after an abort and a freeze',
      headAfter(initialize(), startCanary(), abort(), freeze),
      rollBack(),
    ],
    [
      'roll-back without a name after a roll-back',
      headAfter(initialize(), startCanary(), promote(), rollBack()),
      rollBack(),
    ],
    ['freeze', frozenCanary, freeze],
    ['unfreeze', canary, unfreeze],
    [
      'renew-exposure to an earlier end',
      canary,
      { kind: 'renew-exposure', promotionId: promotion('p'), exposureUntil: at(300) },
    ],
  ];
  test.each(cases)('%s', (_name, head, command) => {
    expect(after(head, command)).toEqual({ kind: 'unchanged', head });
  });
});

describe('refusals', () => {
  const cases: [
    what: string,
    code: string,
    head: Head | undefined,
    command: Command,
    over?: Partial<CommandContext>,
  ][] = [
    ['an empty set has nothing to freeze', 'not-initialized', undefined, freeze],
    ['a set is initialized once', 'already-initialized', settled, initialize('b')],
    [
      'invariant 2: one promotion at a time',
      'promotion-running',
      canary,
      startCanary({ promotionId: promotion('q'), release: release('c'), seenRevision: 2 }),
    ],
    ['invariant 2: a superseded promotion changes no weight', 'superseded', aborted, setWeight(10, 3)],
    ['invariant 2: a superseded promotion does not promote', 'superseded', aborted, promote()],
    ['invariant 2: a late start of an aborted promotion is refused', 'superseded', aborted, startCanary()],
    [
      'a promotion that was rolled back does not promote again',
      'superseded',
      headAfter(initialize(), startCanary(), promote(), rollBack('b')),
      promote(),
    ],
    ['what is stable is not aborted but rolled back', 'already-promoted', promoted, abort()],
    ['nothing to promote', 'already-stable', settled, startCanary({ release: release('a') })],
    ['a step up that was decided on an older head', 'revision-conflict', canary, setWeight(10, 1)],
    ['a frozen set starts no canary', 'frozen', headAfter(initialize(), freeze), startCanary()],
    ['a frozen canary gains no exposure', 'frozen', frozenCanary, setWeight(10, 3)],
    ['a frozen canary is not promoted', 'frozen', frozenCanary, promote()],
    ['invariant 1: an unregistered release', 'release-unknown', settled, startCanary(), { standing: () => 'unknown' }],
    [
      'invariant 1: a quarantined candidate is not promoted',
      'release-quarantined',
      canary,
      promote(),
      { standing: () => 'quarantined' },
    ],
    [
      'last-good is promoted to nothing: an abort would bar the way back',
      'already-last-good',
      promoted,
      startCanary({ promotionId: promotion('q'), release: release('a'), seenRevision: 3 }),
    ],
    ['invariant 5: evidence past its lease does not promote', 'exposure-expired', canary, promote(), { at: at(600) }],
    ['invariant 5: a verdict older than the canary does not promote', 'evidence-stale', canary, promote('p', at(1))],
    ['a lease in the past', 'exposure-expired', settled, startCanary({ exposureUntil: at(60) })],
    ['nothing to go back to', 'no-last-good', settled, rollBack('a')],
    [
      'production does not follow publishing',
      'set-locked',
      settled,
      { kind: 'publish', release: release('b'), publishedAt: at(50), reason: 'published' },
    ],
  ];
  test.each(cases)('%s: %s', (_name, code, head, command, over) => {
    expect(codeOf(after(head, command, over))).toBe(code);
  });

  test('a refusal says which release, promotion or person stands in the way', () => {
    expect(after(frozenCanary, promote())).toMatchObject({
      reason: expect.stringMatching(/frozen by test at .*"holiday".*unfreeze/),
    });
  });
});

describe('the kinds of sets', () => {
  test('edge follows publishing and never moves back to an older release', () => {
    const inEdge = (head: Head | undefined, name: string, publishedAt: number, now: number) =>
      transition(
        head,
        { kind: 'publish', release: release(name), publishedAt: at(publishedAt), reason: 'published' },
        context({ set: edgeSet, at: at(now) }),
      );
    const first = inEdge(undefined, 'a', 1, 2);
    expect(first).toMatchObject({ kind: 'moved', head: { stable: release('a'), revision: 1 } });
    if (first.kind !== 'moved') return;
    const second = inEdge(first.head, 'b', 3, 4);
    expect(second).toMatchObject({ kind: 'moved', head: { stable: release('b'), lastGood: release('a') } });
    if (second.kind !== 'moved') return;
    expect(inEdge(second.head, 'a', 1, 5).kind).toBe('unchanged');
    // Published while the move to the one before it was still under way.
    expect(inEdge(second.head, 'c', 3.5, 6)).toMatchObject({ kind: 'moved', head: { stable: release('c') } });
    expect(codeOf(transition(second.head, freeze, context({ set: edgeSet })))).toBe('set-locked');
  });

  test('a working set takes what it is given, forwards and backwards', () => {
    const first = transition(undefined, initialize(), context({ set: workingSet }));
    if (first.kind !== 'moved') throw new Error('not moved');
    const publish = { kind: 'publish', release: release('b'), publishedAt: at(-500), reason: 'try b' } as const;
    expect(transition(first.head, publish, context({ set: workingSet })).kind).toBe('moved');
  });

  test('going back is allowed in every state that has somewhere to go back to', () => {
    const admitting = (kind: CommandKind) =>
      Object.entries(stateRules).flatMap(([state, kinds]) => (kinds.some((one) => one === kind) ? [state] : []));
    expect(admitting('roll-back')).toEqual(['settled', 'suspected', 'canary', 'frozen', 'frozen-canary']);
    expect(admitting('suspect')).toEqual(['settled', 'frozen']);
    expect(admitting('clear')).toEqual(['suspected']);
    expect(admitting('abort')).toEqual(['canary', 'frozen-canary']);
  });
});
