import type { Command, CommandContext, CommandOf } from '#core/version-set/command.ts';
import type { Head } from '#core/version-set/head.ts';
import { transition } from '#core/version-set/transition.ts';
import { digestOf, ReleaseId } from '#core/words/digest.ts';
import { PromotionId } from '#core/words/ids.ts';
import { ServiceName, SetName } from '#core/words/names.ts';

export const service = ServiceName.parse('appointments');
export const productionSet = SetName.parse('release');
export const edgeSet = SetName.parse('edge');
export const workingSet = SetName.parse('preview');

/** `release('a')`, `release('b')`: distinct ids that read the same in every run. */
export const release = (name: string): ReleaseId => ReleaseId.parse(digestOf(`release ${name}`));
export const promotion = (name: string): PromotionId => PromotionId.parse(digestOf(`promotion ${name}`).slice(0, 32));

/** A moment `seconds` after noon of a fixed day. */
export const at = (seconds: number): string => new Date(Date.UTC(2027, 0, 4, 12) + seconds * 1000).toISOString();

export const context = (over: Partial<CommandContext> = {}): CommandContext => ({
  service,
  set: productionSet,
  at: at(0),
  by: 'test',
  standing: () => 'registered',
  ...over,
});

export const startCanary = (over: Partial<CommandOf<'start-canary'>> = {}): CommandOf<'start-canary'> => ({
  kind: 'start-canary',
  promotionId: promotion('p'),
  release: release('b'),
  weightPercent: 5,
  exposureUntil: at(600),
  seenRevision: 1,
  reason: 'promote b',
  ...over,
});

export const setWeight = (weightPercent: number, expectedRevision: number): CommandOf<'set-weight'> => ({
  kind: 'set-weight',
  promotionId: promotion('p'),
  weightPercent,
  exposureUntil: at(1_200),
  expectedRevision,
  reason: 'next step',
});

export const promote = (name = 'p', decidedAt = at(10)): CommandOf<'promote'> => ({
  kind: 'promote',
  promotionId: promotion(name),
  evidence: { verdict: 'promote', decision: `PROMOTION#${promotion(name)}/DECISION#0000000001`, decidedAt },
  reason: 'shown no worse',
});

export const abort = (name = 'p'): CommandOf<'abort'> => ({
  kind: 'abort',
  promotionId: promotion(name),
  reason: 'worse',
});

/** Promotes with two percent of callers staying on what was stable, until a day after noon. */
export const promoteWatched = (name = 'p', weightPercent = 2): CommandOf<'promote'> => ({
  ...promote(name),
  holdback: { weightPercent, until: at(86_400) },
});

/** The comparison that stands on a head; another id when there is none. */
export const comparisonOn = (head: Head | undefined): PromotionId =>
  head?.holdback?.comparisonId ?? promotion('no comparison');
export const suspect = (head: Head | undefined): CommandOf<'suspect'> => ({
  kind: 'suspect',
  comparisonId: comparisonOn(head),
  reason: 'stable fails more than it did',
});
export const clear = (head: Head | undefined): CommandOf<'clear'> => ({
  kind: 'clear',
  comparisonId: comparisonOn(head),
  reason: 'no worse than last-good',
});
export const endHoldback = (head: Head | undefined): CommandOf<'end-holdback'> => ({
  kind: 'end-holdback',
  comparisonId: comparisonOn(head),
  reason: 'watched for a day',
});

/** Without a name it leaves what the latest promotion brought. */
export const rollBack = (from?: string, over: Partial<CommandOf<'roll-back'>> = {}): CommandOf<'roll-back'> => ({
  kind: 'roll-back',
  ...(from !== undefined && { from: release(from) }),
  reason: 'every call fails',
  ...over,
});

export const initialize = (name = 'a'): Command => ({ kind: 'initialize', release: release(name), reason: 'first' });
export const freeze: Command = { kind: 'freeze', reason: 'holiday' };
export const unfreeze: Command = { kind: 'unfreeze', reason: 'back' };

/** Applies commands one after the other; each must move or renew. */
export const headAfter = (...commands: readonly (Command | ((head: Head | undefined) => Command))[]): Head => {
  let head: Head | undefined;
  commands.forEach((given, index) => {
    const command = typeof given === 'function' ? given(head) : given;
    const result = transition(head, command, context({ at: at(index + 1) }));
    if (result.kind !== 'moved' && result.kind !== 'renewed')
      throw new Error(`${command.kind} was ${result.kind}: ${JSON.stringify(result)}`);
    head = result.head;
  });
  if (!head) throw new Error('no commands');
  return head;
};
