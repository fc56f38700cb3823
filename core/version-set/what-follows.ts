import { assertNever } from '../errors.ts';
import type { PromotionId } from '../words/ids.ts';
import type { Command, CommandOf } from './command.ts';
import type { Consequence } from './consequence.ts';
import type { Head } from './head.ts';
import { leaving } from './leaving.ts';

/** What follows when `command` moves `head`; in the order in which it is carried out: bars, records, pages. */
export const consequencesOf = (
  head: Head | undefined,
  command: Exclude<Command, { kind: 'renew-exposure' }>,
): readonly Consequence[] => {
  switch (command.kind) {
    case 'initialize':
      return command.promotionId === undefined ? [] : ended(command.promotionId, 'promoted');
    case 'promote':
      return ended(command.promotionId, 'promoted');
    case 'abort':
      return [
        ...(command.quarantine && head?.candidate
          ? [{ kind: 'quarantine', release: head.candidate.release, promotionId: command.promotionId } as const]
          : []),
        ...ended(command.promotionId, 'aborted'),
      ];
    case 'roll-back':
      return head === undefined ? [] : afterRollBack(head, command);
    case 'suspect':
      return head === undefined ? [] : [{ kind: 'page-suspicion', release: head.stable }];
    case 'publish':
    case 'clear':
    case 'end-holdback':
    case 'start-canary':
    case 'set-weight':
    case 'restore':
    case 'freeze':
    case 'unfreeze':
      return [];
    default:
      return assertNever(command, 'command');
  }
};

const ended = (promotionId: PromotionId, outcome: 'promoted' | 'aborted'): readonly Consequence[] => [
  { kind: 'end-promotion', promotionId, outcome },
  { kind: 'page-promotion', promotionId, page: outcome },
];

/** A candidate that leaves together with stable has one page with it; a drill tells nobody that stable was left. */
const afterRollBack = (head: Head, command: CommandOf<'roll-back'>): readonly Consequence[] => {
  const left = leaving(head, command);
  if (left === undefined) return [];
  const { candidate } = head;
  const isStable = left === head.stable;
  const promotionId = candidate?.promotionId;
  const bar: readonly Consequence[] =
    command.quarantine && !command.drill
      ? [{ kind: 'quarantine', release: left, ...(!isStable && promotionId !== undefined && { promotionId }) }]
      : [];
  if (!isStable || command.drill) return [...bar, ...(promotionId === undefined ? [] : ended(promotionId, 'aborted'))];
  if (promotionId === undefined) return [...bar, { kind: 'page-roll-back', release: left }];
  return [
    ...bar,
    { kind: 'end-promotion', promotionId, outcome: 'aborted' },
    { kind: 'page-roll-back', release: left, promotionId },
  ];
};
