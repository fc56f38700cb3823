import { z } from 'zod';
import { assertNever } from '../errors.ts';
import { ReleaseId } from '../words/digest.ts';
import { PromotionId } from '../words/ids.ts';
import type { Command, CommandOf } from './command.ts';
import type { Head } from './head.ts';
import { leaving } from './leaving.ts';

/**
 * What must follow a transition. It stands in the transition's history entry, so that one write decides both, and is carried out
 * by one consumer of the registry's stream: who, when and why are those of the entry.
 */
export const Consequence = z.discriminatedUnion('kind', [
  /** Bars the release by its digest (R9). */
  z.strictObject({
    kind: z.literal('quarantine'),
    release: ReleaseId,
    /** The promotion that showed it to be bad. @default - it was stable */
    promotionId: PromotionId.optional(),
  }),
  /** Records how a promotion ended. */
  z.strictObject({
    kind: z.literal('end-promotion'),
    promotionId: PromotionId,
    outcome: z.enum(['promoted', 'aborted']),
  }),
  /** Tells people how a promotion ended. */
  z.strictObject({
    kind: z.literal('page-promotion'),
    promotionId: PromotionId,
    page: z.enum(['promoted', 'aborted']),
  }),
  /** Tells people that callers left stable. */
  z.strictObject({
    kind: z.literal('page-roll-back'),
    /** The release that they left. */
    release: ReleaseId,
    /** The promotion that ended with it. @default - none ran */
    promotionId: PromotionId.optional(),
  }),
]);
export type Consequence = z.infer<typeof Consequence>;

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
    case 'publish':
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
