import { assertNever } from '../errors.ts';
import type { Command, CommandContext } from './command.ts';
import { consequencesOf } from './what-follows.ts';
import { type Head, type HistoryEntry, type Placement, type TransitionKind, endedAs } from './head.ts';
import { leaving } from './leaving.ts';
import { type Pointers, pointersAfter, present } from './pointers.ts';
import { type Refusal, refusalOf } from './refusal.ts';

export type TransitionResult =
  /** A new revision, with its history entry in `lastTransition`. */
  | { readonly kind: 'moved'; readonly head: Head }
  /** The exposure lease is longer: same revision, no history. */
  | { readonly kind: 'renewed'; readonly head: Head }
  /** What the command asks for holds already: a repeat, or a race that another writer won to the same end. */
  | { readonly kind: 'unchanged'; readonly head: Head }
  | ({ readonly kind: 'refused' } & Refusal);

/**
 * Decides what a command does to a head. Pure and total: every outcome is a return value.
 *
 * 1. A command whose end is reached changes nothing, so any command may be sent twice.
 * 2. A command that fencing, the state table or the standing of a release forbids is refused.
 * 3. Everything else moves the head by exactly one revision.
 */
export const transition = (head: Head | undefined, command: Command, context: CommandContext): TransitionResult => {
  if (head !== undefined && isReached(head, command)) return { kind: 'unchanged', head };
  const refusal = refusalOf(head, command, context);
  if (refusal !== undefined) return { kind: 'refused', ...refusal };
  const pointers = pointersAfter(head, command, context);
  return command.kind === 'renew-exposure'
    ? { kind: 'renewed', head: { ...present(head), ...pointers } }
    : { kind: 'moved', head: nextRevision(head, pointers, command, context) };
};

/** True when `head` already is what the command asks for. */
const isReached = (head: Head, command: Command): boolean => {
  const { candidate } = head;
  switch (command.kind) {
    case 'initialize':
      return head.stable === command.release && candidate === undefined;
    case 'publish':
      return head.stable === command.release || command.publishedAt < (head.stablePublishedAt ?? '');
    case 'start-canary':
      return candidate?.promotionId === command.promotionId && candidate.release === command.release;
    case 'set-weight':
      return candidate?.promotionId === command.promotionId && candidate.weightPercent === command.weightPercent;
    case 'renew-exposure':
      return candidate?.promotionId === command.promotionId && candidate.exposureUntil >= command.exposureUntil;
    case 'promote':
      return endedAs(head, command.promotionId, 'promoted');
    case 'suspect':
      return head.holdback?.suspected !== undefined;
    case 'clear':
      return head.holdback?.suspected === undefined;
    case 'end-holdback':
      return head.holdback === undefined || (head.holdback.weightPercent === 0 && !head.holdback.suspected);
    case 'abort':
      return candidate?.promotionId !== command.promotionId && !endedAs(head, command.promotionId, 'promoted');
    case 'roll-back':
      return leaving(head, command) === undefined;
    case 'restore':
      return head.stable === command.release;
    case 'freeze':
      return head.frozen !== undefined;
    case 'unfreeze':
      return head.frozen === undefined;
    default:
      return assertNever(command, 'command');
  }
};

/** Transitions after which the checks of a promotion that has not started no longer hold. */
const movesFence = {
  initialize: true,
  publish: true,
  'start-canary': true,
  'set-weight': false,
  promote: true,
  suspect: true,
  clear: false,
  'end-holdback': false,
  abort: true,
  'roll-back': true,
  restore: true,
  freeze: false,
  unfreeze: false,
} as const satisfies Record<TransitionKind, boolean>;

const nextRevision = (
  head: Head | undefined,
  pointers: Pointers,
  command: Exclude<Command, { kind: 'renew-exposure' }>,
  { service, set, at: now, by }: CommandContext,
): Head => {
  // Clocks of different writers differ; history keeps the order of revisions.
  const at = head !== undefined && head.lastTransition.at > now ? head.lastTransition.at : now;
  const revision = (head?.revision ?? 0) + 1;
  const follows = consequencesOf(head, command);
  const lastTransition: HistoryEntry = {
    revision,
    kind: command.kind,
    at,
    by,
    reason: command.reason,
    ...promotionOf(command, head),
    ...evidenceOf(command),
    ...('drill' in command && command.drill && { drill: true }),
    ...(head && { from: placementOf(head) }),
    to: placementOf(pointers),
    ...(follows.length > 0 && { follows }),
  };
  const fence = movesFence[command.kind] ? revision : (head?.fence ?? revision);
  return { service, set, revision, ...pointers, fence, lastTransition };
};

const placementOf = ({ stable, candidate, holdback }: Pointers): Placement => {
  if (candidate) return { stable, candidate: candidate.release, weightPercent: candidate.weightPercent };
  if (!holdback || holdback.weightPercent === 0) return { stable, weightPercent: 0 };
  return { stable, holdback: holdback.release, weightPercent: holdback.weightPercent };
};

/** What happens to a candidate or a holdback belongs to its promotion, though it does not name it. */
const promotionOf = (command: Command, head: Head | undefined): Pick<HistoryEntry, 'promotionId'> => {
  const isAfterwards = 'comparisonId' in command || command.kind === 'roll-back';
  const promotionId = isAfterwards
    ? (head?.candidate ?? head?.holdback)?.promotionId
    : 'promotionId' in command
      ? command.promotionId
      : undefined;
  return promotionId === undefined ? {} : { promotionId };
};

const evidenceOf = (command: Command): Pick<HistoryEntry, 'evidence'> => {
  if (command.kind === 'promote') return { evidence: command.evidence.decision };
  if ('evidence' in command && command.evidence !== undefined) return { evidence: command.evidence };
  return {};
};
