import { assertNever } from '../errors.ts';
import { type ReleaseId, shortId } from '../words/digest.ts';
import type { Command, CommandContext, CommandKind } from './command.ts';
import { type Head, endedAs } from './head.ts';
import { leaving } from './leaving.ts';
import { type HeadState, roleLocks, roleOf, stateOf, stateRules } from './state-rules.ts';

/** Why a head does not follow a command, one line each: what it means to the person who sees it. */
export const refusalCodes = {
  'not-initialized': 'The set has no release yet.',
  'already-initialized': 'The set has a release; another one comes by promotion.',
  'set-locked': 'This kind of set does not admit the command.',
  frozen: 'The set is frozen: nothing may advance.',
  'promotion-running': 'Another promotion has its candidate on the head.',
  superseded: 'The promotion is not, or no longer, the one on the head.',
  'already-promoted': 'The promotion is over and its release is stable.',
  'already-stable': 'The release is stable already.',
  'already-last-good': 'The release is last-good: callers come back to it by rolling back.',
  'revision-conflict': 'The head has moved since the command was decided.',
  'release-unknown': 'The release is not registered.',
  'release-quarantined': 'The release was aborted before and nobody has overridden that.',
  'exposure-expired': 'The exposure lease is over, so the evidence is no longer in time.',
  'evidence-stale': 'The verdict is older than the canary.',
  'stable-suspected': 'Half of the callers are on last-good until a comparison decides about stable.',
  'no-last-good': 'There is no other release to go back to.',
  'no-drill': 'The latest transition is not the roll-back of a drill.',
} as const;
export type RefusalCode = keyof typeof refusalCodes;

export interface Refusal {
  readonly code: RefusalCode;
  /** What was wrong, the value received, what is allowed, what to do. */
  readonly reason: string;
}

type Check = (head: Head | undefined, command: Command, context: CommandContext) => Refusal | undefined;

/** The first check that objects speaks: fencing before state, so that a late command learns that it is late. */
export const refusalOf: Check = (head, command, context) => {
  for (const check of [setLock, fencing, stateRule, freezeRule, ownRule, standingRule]) {
    const refusal = check(head, command, context);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
};

/**
 * The release that a command would bring before callers; its standing must be known before the command is decided. Going back
 * asks for none: last-good served these callers before, and whatever was said about it since, what they are leaving is worse.
 */
export const entering = (head: Head | undefined, command: Command): ReleaseId | undefined => {
  if (command.kind === 'promote') return head?.candidate?.release;
  return 'release' in command ? command.release : undefined;
};

const refuse = (code: RefusalCode, reason: string): Refusal => ({ code, reason });

const setLock: Check = (_head, { kind }, { service, set }) => {
  const locked: readonly CommandKind[] = roleLocks[roleOf(set)];
  if (!locked.includes(kind)) return undefined;
  return roleOf(set) === 'edge'
    ? refuse('set-locked', `${service}/${set} follows the newest published release by itself; ${kind} is not for it`)
    : refuse('set-locked', `${service}/${set} is production: it changes by promotion only, not by ${kind}`);
};

/** Commands that belong to the canary on the head, and to no other. */
const fencing: Check = (head, command, { service, set }) => {
  if (head === undefined) return undefined;
  const name = `${service}/${set}`;
  if ('promotionId' in command && command.promotionId !== undefined) {
    if (command.kind === 'start-canary' || command.kind === 'initialize') {
      const fence = head.fence ?? head.revision;
      if (command.kind === 'start-canary' && !head.candidate && command.seenRevision < fence) {
        return refuse(
          'superseded',
          `promotion ${command.promotionId} checked ${name} at revision ${command.seenRevision}, but what it checked ` +
            `against changed at revision ${fence}; start the promotion again`,
        );
      }
    } else if (head.candidate?.promotionId !== command.promotionId) {
      if (endedAs(head, command.promotionId, 'promoted')) {
        return refuse(
          'already-promoted',
          `promotion ${command.promotionId} is over, its release is stable on ${name}; to leave it, roll back`,
        );
      }
      return refuse(
        'superseded',
        `promotion ${command.promotionId} has no candidate on ${name}` +
          `${head.candidate ? `; promotion ${head.candidate.promotionId} has` : ''}: it was aborted, rolled back or never started`,
      );
    }
  }
  if ('comparisonId' in command && head.holdback && head.holdback.comparisonId !== command.comparisonId) {
    return refuse(
      'superseded',
      `${command.kind} was decided in comparison ${command.comparisonId} of ${name}; ${head.holdback.comparisonId} runs now`,
    );
  }
  if ('expectedRevision' in command && command.expectedRevision !== undefined) {
    if (command.expectedRevision !== head.revision) {
      return refuse(
        'revision-conflict',
        `${command.kind} was decided on revision ${command.expectedRevision} of ${name}, which is at ${head.revision}; ` +
          'read the head and decide again',
      );
    }
  }
  return undefined;
};

const stateRule: Check = (head, { kind }, { service, set }) => {
  const state = stateOf(head);
  const allowed: readonly CommandKind[] = stateRules[state];
  if (allowed.includes(kind)) return undefined;
  const name = `${service}/${set}`;
  const refusals = {
    uninitialized: refuse('not-initialized', `${name} has no release yet; put the first one on it before ${kind}`),
    settled: refuse('already-initialized', `${name} has a release already; bring another one by promotion`),
    suspected: refuse(
      'stable-suspected',
      `stable on ${name} is suspected since ${head?.holdback?.suspected?.at}; wait for the comparison with last-good or roll back before ${kind}`,
    ),
    canary: refuse(
      kind === 'initialize' ? 'already-initialized' : 'promotion-running',
      `promotion ${head?.candidate?.promotionId} runs on ${name}; wait for it or roll it back before ${kind}`,
    ),
    frozen: frozenRefusal(head, kind),
    'frozen-canary': frozenRefusal(head, kind),
  } satisfies Record<HeadState, Refusal>;
  return refusals[state];
};

const frozenRefusal = (head: Head | undefined, kind: CommandKind): Refusal => {
  const { by, at, reason } = head?.frozen ?? { by: 'nobody', at: 'no time', reason: '' };
  const name = `${head?.service}/${head?.set}`;
  return refuse('frozen', `${name} was frozen by ${by} at ${at} ("${reason}"); unfreeze it before ${kind}`);
};

/** A frozen canary may only lose exposure. */
const freezeRule: Check = (head, command) => {
  if (command.kind !== 'set-weight' || !head?.frozen || !head.candidate) return undefined;
  return command.weightPercent > head.candidate.weightPercent ? frozenRefusal(head, command.kind) : undefined;
};

/** What a command demands beyond its state. */
const ownRule: Check = (head, command, { at }) => {
  if (head === undefined) return undefined;
  switch (command.kind) {
    case 'start-canary':
      if (command.release === head.stable)
        return refuse('already-stable', `release ${shortId(command.release)} is stable already; nothing to promote`);
      if (command.release === head.lastGood) {
        return refuse(
          'already-last-good',
          `release ${shortId(command.release)} is last-good on ${head.service}/${head.set}, so an abort would bar the only way back; ` +
            'roll back to it instead',
        );
      }
      return leaseRule(command.exposureUntil, at);
    case 'set-weight':
    case 'renew-exposure':
      return leaseRule(command.exposureUntil, at);
    case 'promote':
      return head.candidate && evidenceRule(head.candidate, command.evidence.decidedAt, at);
    case 'roll-back':
      if (leaving(head, command) !== head.stable || head.lastGood !== head.stable) return undefined;
      return refuse(
        'no-last-good',
        `${shortId(head.stable)} is stable and last-good on ${head.service}/${head.set}: there is nothing to go back to; ` +
          'publish a repaired release and promote it',
      );
    case 'suspect':
      if (head.holdback) return undefined;
      return refuse(
        'no-last-good',
        `no promotion brought ${shortId(head.stable)} to ${head.service}/${head.set}, so there is no last-good to compare it with`,
      );
    case 'restore': {
      const { kind, drill, from } = head.lastTransition;
      if (kind === 'roll-back' && drill && from?.stable === command.release) return undefined;
      return refuse(
        'no-drill',
        `the latest transition is ${kind}, not a drill that left ${shortId(command.release)}; promote it instead`,
      );
    }
    case 'initialize':
    case 'publish':
    case 'clear':
    case 'end-holdback':
    case 'abort':
    case 'freeze':
    case 'unfreeze':
      return undefined;
    default:
      return assertNever(command, 'command');
  }
};

const leaseRule = (exposureUntil: string, at: string): Refusal | undefined =>
  exposureUntil > at
    ? undefined
    : refuse('exposure-expired', `an exposure lease until ${exposureUntil} is over at ${at}; ask for a later end`);

/** Evidence counts while its lease lasts: late evidence is unknown, and unknown never promotes (invariant 5). */
const evidenceRule = (
  { startedAt, exposureUntil }: { readonly startedAt: string; readonly exposureUntil: string },
  decidedAt: string,
  at: string,
): Refusal | undefined => {
  if (exposureUntil <= at) {
    return refuse(
      'exposure-expired',
      `the evidence was last renewed until ${exposureUntil}, now it is ${at}; analyze again`,
    );
  }
  if (decidedAt < startedAt) {
    return refuse(
      'evidence-stale',
      `the verdict of ${decidedAt} is older than the canary of ${startedAt}; analyze again`,
    );
  }
  return undefined;
};

const standingRule: Check = (head, command, { standing }) => {
  const release = entering(head, command);
  if (release === undefined) return undefined;
  switch (standing(release)) {
    case 'registered':
      return undefined;
    case 'quarantined':
      return refuse(
        'release-quarantined',
        `release ${shortId(release)} is quarantined; publish a repaired one, or record an override with a reason`,
      );
    case 'unknown':
      return refuse('release-unknown', `release ${release} is not registered here; publish it first`);
    default:
      return assertNever(standing(release) as never, 'standing');
  }
};
