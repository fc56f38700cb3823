import type { WalkState } from './walk.ts';

/** A walk as it was. */
export interface Checkpoint {
  /** When the last thing it knows was settled, epoch milliseconds. */
  readonly lastMs: number;
  readonly state: WalkState;
}

/** Calls that some horizon has met. */
export const seatedOf = ({ tracks }: Pick<WalkState, 'tracks'>): number => Math.max(...tracks.map(({ used }) => used));

/** Calls that every horizon has behind it: a short one may be behind W, which takes a call as soon as its end is known. */
export const behindOf = ({ tracks }: Pick<WalkState, 'tracks'>): number => Math.min(...tracks.map(({ used }) => used));

export const lastOf = ({ tracks }: Pick<WalkState, 'tracks'>): number =>
  Math.max(...tracks.map(({ clockMs }) => clockMs));

export interface Checkpoints {
  remember(checkpoint: Checkpoint): void;
  /**
   * The newest one that has met nothing from `place` on and knows nothing that was settled after `untilMs`; later ones are forgotten.
   * @returns the first one, with `isSound` false, when not even that is early enough
   */
  backTo(place: number, untilMs: number): Checkpoint & { readonly isSound: boolean };
  /** The newest one that is so old, or the first; earlier ones are forgotten. */
  restFrom(lastMs: number): Checkpoint;
}

const mostCheckpoints = 64;

export const createCheckpoints = (start: Checkpoint): Checkpoints => {
  let first = start;
  let kept = [first];
  return {
    remember(checkpoint) {
      kept.push(checkpoint);
      // The first one stays, and so do the newest; in between every other one goes.
      if (kept.length > mostCheckpoints)
        kept = kept.filter((_, index) => index === 0 || index > mostCheckpoints / 2 || index % 2 === 0);
    },
    backTo(place, untilMs) {
      const sound = kept.filter(({ lastMs, state }) => lastMs <= untilMs && seatedOf(state) <= place);
      const newest = sound.at(-1);
      kept = newest ? sound : [first];
      return { ...(newest ?? first), isSound: newest !== undefined };
    },
    restFrom(lastMs) {
      first = kept.findLast((checkpoint) => checkpoint.lastMs <= lastMs) ?? first;
      kept = kept.slice(kept.indexOf(first));
      return first;
    },
  };
};
