import type { SessionAssignment } from '#core/session/session-record.ts';
import type { SessionResult } from '#core/session/session-record.ts';
import type { Chance } from './chance.ts';

/** How a call goes, decided when it starts. */
export interface Fate {
  /** Milliseconds from its start on a process to its end. */
  readonly afterMs: number;
  readonly outcome: SessionResult['outcome'];
  /** `end`: how it ended is never written, and nobody vouches for it. `all`: not even its start. @default - everything is written */
  readonly unwritten?: 'end' | 'all';
  readonly costUsd?: number;
}

export interface StartedCall {
  readonly assignment: SessionAssignment;
  readonly nowMs: number;
}

/** Draws the fate of a call. The chance is the call's own: what else happens in the world does not change it. */
export type FateOf = (call: StartedCall, chance: Chance) => Fate;

export interface CallLengths {
  readonly medianMs: number;
  /** Of the logarithm. */
  readonly sigma: number;
}

/** Calls of real people: most take minutes, some take long. */
export const threeMinutes: CallLengths = { medianMs: 180_000, sigma: 0.8 };

const longestMs = 4 * 3_600_000;

export const lengthMs = ({ medianMs, sigma }: CallLengths, chance: Chance): number =>
  Math.round(Math.min(longestMs, Math.max(500, chance.logNormal(medianMs, sigma))));
