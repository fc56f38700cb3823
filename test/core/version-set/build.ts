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
export const headAfter = (...commands: readonly Command[]): Head => {
  let head: Head | undefined;
  commands.forEach((command, index) => {
    const result = transition(head, command, context({ at: at(index + 1) }));
    if (result.kind !== 'moved' && result.kind !== 'renewed')
      throw new Error(`${command.kind} was ${result.kind}: ${JSON.stringify(result)}`);
    head = result.head;
  });
  if (!head) throw new Error('no commands');
  return head;
};
