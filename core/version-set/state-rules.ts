import type { SetName } from '../words/names.ts';
import type { CommandKind } from './command.ts';
import type { Head } from './head.ts';

/** What may happen to a head depends on no more than this. */
export type HeadState = 'uninitialized' | 'settled' | 'suspected' | 'canary' | 'frozen' | 'frozen-canary';

/** `edge` follows publishing, `release` is production, all others are working sets (S1). */
export type SetRole = 'edge' | 'production' | 'working';

/**
 * The commands that can move a head in each state: read by the transition, the CLI and the console. Going back is never
 * blocked: rolling back is possible in every state that names a release, aborting wherever there is something to abort, and suspicion may
 * move callers to last-good even while the set is frozen. Their return is an advance, and waits for the end of the freeze.
 */
export const stateRules = {
  uninitialized: ['initialize', 'publish'],
  settled: ['publish', 'start-canary', 'suspect', 'end-holdback', 'roll-back', 'restore', 'freeze'],
  /** Half of the callers are on last-good. */
  suspected: ['publish', 'clear', 'roll-back', 'freeze'],
  canary: ['set-weight', 'renew-exposure', 'promote', 'abort', 'roll-back', 'freeze'],
  frozen: ['suspect', 'roll-back', 'unfreeze'],
  /** `set-weight` only downwards. */
  'frozen-canary': ['set-weight', 'renew-exposure', 'abort', 'roll-back', 'unfreeze'],
} as const satisfies Record<HeadState, readonly CommandKind[]>;

/** The commands that each kind of set never admits. */
export const roleLocks = {
  edge: [
    'initialize',
    'start-canary',
    'set-weight',
    'renew-exposure',
    'promote',
    'suspect',
    'clear',
    'end-holdback',
    'abort',
    'roll-back',
    'restore',
    'freeze',
    'unfreeze',
  ],
  production: ['publish'],
  working: [],
} as const satisfies Record<SetRole, readonly CommandKind[]>;

export const roleOf = (set: SetName): SetRole =>
  set === 'edge' ? 'edge' : set === 'release' ? 'production' : 'working';

export const stateOf = (head: Head | undefined): HeadState => {
  if (head === undefined) return 'uninitialized';
  if (head.candidate) return head.frozen ? 'frozen-canary' : 'canary';
  if (head.frozen) return 'frozen';
  return head.holdback?.suspected ? 'suspected' : 'settled';
};

/** The commands that a head admits now. What depends on the command's own values (fencing, quarantine) comes later. */
export const allowedCommands = (head: Head | undefined, set: SetName): readonly CommandKind[] => {
  const locked: readonly CommandKind[] = roleLocks[roleOf(set)];
  return stateRules[stateOf(head)].filter((kind) => !locked.includes(kind));
};
