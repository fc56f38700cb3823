import { LastgoodError, assertNever } from '../errors.ts';
import type { ReleaseId } from '../words/digest.ts';
import type { Command, CommandContext } from './command.ts';
import type { Candidate, EndedPromotion, Head } from './head.ts';
import { leaving } from './leaving.ts';
import { roleOf } from './state-rules.ts';

/** The part of a head that commands change. */
export type Pointers = Pick<
  Head,
  'stable' | 'lastGood' | 'candidate' | 'frozen' | 'stablePublishedAt' | 'lastPromotion'
>;

/** The pointers after a command that has been found neither reached nor refused. */
export const pointersAfter = (head: Head | undefined, command: Command, { set, at, by }: CommandContext): Pointers => {
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
  switch (command.kind) {
    case 'start-canary': {
      const { release, promotionId, weightPercent, exposureUntil, outcomeWindowSeconds } = command;
      const exposure = { weightPercent, exposureUntil, fallbackWeightPercent: 0 };
      const window = outcomeWindowSeconds === undefined ? {} : { outcomeWindowSeconds };
      return { ...now, candidate: { release, promotionId, startedAt: at, ...exposure, ...window } };
    }
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
        lastPromotion: ended(candidate, 'promoted'),
      };
    }
    case 'abort':
      return { ...withoutCandidate(now), lastPromotion: ended(present(now.candidate), 'aborted') };
    case 'roll-back':
      return rolledBack(now, present(leaving(present(head), command)));
    case 'restore':
      return { ...reEnded(now, command.release, 'promoted'), stable: command.release, lastGood: now.stable };
    case 'freeze':
      return { ...now, frozen: { at, by, reason: command.reason } };
    case 'unfreeze':
      return withoutFreeze(now);
    default:
      return assertNever(command, 'command');
  }
};

/**
 * Away from the candidate: stable stays. Away from stable: to last-good, which from then on is both, because a release
 * that callers had to leave must never be what the next roll-back goes to. A candidate leaves with it: it was being
 * compared with the release that proved unhealthy.
 */
const rolledBack = (now: Pointers, from: ReleaseId): Pointers => {
  const stable = from === now.stable ? now.lastGood : now.stable;
  if (now.candidate) return { ...withoutCandidate(now), stable, lastPromotion: ended(now.candidate, 'aborted') };
  return { ...reEnded(now, from, 'rolled-back'), stable };
};

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

const pointersOf = ({ stable, lastGood, candidate, frozen, lastPromotion }: Head): Pointers => ({
  stable,
  lastGood,
  ...(candidate && { candidate }),
  ...(frozen && { frozen }),
  ...(lastPromotion && { lastPromotion }),
});

const withoutCandidate = ({ candidate: _candidate, ...rest }: Pointers): Pointers => rest;

const withoutFreeze = ({ frozen: _frozen, ...rest }: Pointers): Pointers => rest;

/** The refusals guarantee it; a defect there must not move a head. */
export const present = <T>(value: T | undefined): T => {
  if (value !== undefined) return value;
  throw new LastgoodError('internal', 'a command that needs a head or a candidate was not refused without one');
};
