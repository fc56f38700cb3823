import { LastgoodError, assertNever } from '../errors.ts';
import type { ReleaseId } from '../words/digest.ts';
import type { Command, CommandContext, CommandOf } from './command.ts';
import type { Candidate, EndedPromotion, Head } from './head.ts';
import { type Beginning, holdbackAfter, resting, suspected, watched } from './holdback.ts';
import { leaving } from './leaving.ts';
import { roleOf } from './state-rules.ts';

/** The part of a head that commands change. */
export type Pointers = Pick<
  Head,
  'stable' | 'lastGood' | 'candidate' | 'holdback' | 'frozen' | 'stablePublishedAt' | 'lastPromotion'
>;

/** The pointers after a command that has been found neither reached nor refused. */
export const pointersAfter = (head: Head | undefined, command: Command, context: CommandContext): Pointers => {
  const { set, at, by } = context;
  if (command.kind === 'initialize') {
    const { release, promotionId } = command;
    const first = promotionId && ended({ promotionId, release }, 'promoted');
    return { stable: release, lastGood: release, ...(first && { lastPromotion: first }) };
  }
  if (command.kind === 'publish') {
    const { lastPromotion, stable } = head ?? {};
    return {
      stable: command.release,
      lastGood: stable ?? command.release,
      ...(roleOf(set) === 'edge' && { stablePublishedAt: command.publishedAt }),
      ...(lastPromotion && { lastPromotion }),
    };
  }
  const now = pointersOf(present(head));
  const beginning: Beginning = { ...context, revision: present(head).revision + 1 };
  switch (command.kind) {
    case 'start-canary':
      return started(now, command, beginning);
    case 'set-weight': {
      const { weightPercent, exposureUntil } = command;
      return { ...now, candidate: { ...present(now.candidate), weightPercent, exposureUntil } };
    }
    case 'renew-exposure':
      return { ...now, candidate: { ...present(now.candidate), exposureUntil: command.exposureUntil } };
    case 'promote': {
      const candidate = present(now.candidate);
      return {
        ...withoutCandidate(now),
        stable: candidate.release,
        lastGood: now.stable,
        holdback: holdbackAfter(now.stable, candidate, command.holdback, beginning),
        lastPromotion: ended(candidate, 'promoted'),
      };
    }
    case 'abort':
      return {
        ...withoutCandidate(now),
        ...watchedAgain(now, beginning),
        lastPromotion: ended(present(now.candidate), 'aborted'),
      };
    case 'suspect':
      return { ...now, holdback: suspected(present(now.holdback), command, beginning) };
    case 'clear':
      return { ...now, holdback: watched(present(now.holdback), beginning) };
    case 'end-holdback':
      return { ...now, holdback: resting(present(now.holdback), beginning) };
    case 'roll-back':
      return rolledBack(now, present(leaving(present(head), command)), beginning);
    case 'restore': {
      const restored = { ...reEnded(now, command.release, 'promoted'), stable: command.release, lastGood: now.stable };
      const { lastPromotion } = restored;
      if (lastPromotion?.release !== command.release) return restored;
      return { ...restored, holdback: holdbackAfter(now.stable, lastPromotion, undefined, beginning) };
    }
    case 'freeze':
      return { ...now, frozen: { at, by, reason: command.reason } };
    case 'unfreeze':
      return withoutFreeze(now);
    default:
      return assertNever(command, 'command');
  }
};

/** A holdback rests while a candidate is compared with stable. */
const started = (now: Pointers, command: CommandOf<'start-canary'>, beginning: Beginning): Pointers => {
  const { release, promotionId, weightPercent, exposureUntil, outcomeWindowSeconds } = command;
  const exposure = { weightPercent, exposureUntil, fallbackWeightPercent: 0 };
  const window = outcomeWindowSeconds === undefined ? {} : { outcomeWindowSeconds };
  const candidate = { release, promotionId, startedAt: beginning.at, ...exposure, ...window };
  return { ...now, candidate, ...(now.holdback && { holdback: resting(now.holdback, beginning) }) };
};

/**
 * Away from the candidate: stable stays. Away from stable: to last-good, which from then on is both, because a release
 * that callers had to leave must never be what the next roll-back goes to. A candidate leaves with it: it was being
 * compared with the release that proved unhealthy.
 */
const rolledBack = (now: Pointers, from: ReleaseId, beginning: Beginning): Pointers => {
  const leavesStable = from === now.stable;
  const stable = leavesStable ? now.lastGood : now.stable;
  const held = leavesStable ? withoutHoldback(now) : { ...now, ...watchedAgain(now, beginning) };
  if (now.candidate) return { ...withoutCandidate(held), stable, lastPromotion: ended(now.candidate, 'aborted') };
  return { ...reEnded(held, from, 'rolled-back'), stable };
};

/** The candidate has gone; what is left of the watch time goes on. */
const watchedAgain = ({ holdback }: Pointers, beginning: Beginning): Pick<Pointers, 'holdback'> =>
  holdback ? { holdback: watched(holdback, beginning) } : {};

/** Corrects how the last promotion ended, if it was the one of `release`. */
const reEnded = (now: Pointers, release: ReleaseId, outcome: EndedPromotion['outcome']): Pointers =>
  now.lastPromotion?.release === release ? { ...now, lastPromotion: { ...now.lastPromotion, outcome } } : now;

const ended = (
  { promotionId, release }: Pick<Candidate, 'promotionId' | 'release'>,
  outcome: EndedPromotion['outcome'],
): EndedPromotion => ({
  promotionId,
  release,
  outcome,
});

const pointersOf = ({ stable, lastGood, candidate, holdback, frozen, lastPromotion }: Head): Pointers => ({
  stable,
  lastGood,
  ...(candidate && { candidate }),
  ...(holdback && { holdback }),
  ...(frozen && { frozen }),
  ...(lastPromotion && { lastPromotion }),
});

const withoutCandidate = ({ candidate: _candidate, ...rest }: Pointers): Pointers => rest;

const withoutHoldback = ({ holdback: _holdback, ...rest }: Pointers): Pointers => rest;

const withoutFreeze = ({ frozen: _frozen, ...rest }: Pointers): Pointers => rest;

/** The refusals guarantee it; a defect there must not move a head. */
export const present = <T>(value: T | undefined): T => {
  if (value !== undefined) return value;
  throw new LastgoodError('internal', 'a command that needs a head or a candidate was not refused without one');
};
