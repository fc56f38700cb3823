import type { FateOf } from '#bench/simulate/fates.ts';
import { startMs } from '#bench/simulate/world.ts';
import { type Row, reportedRow, targetRow } from '../harness.ts';
import type { Situation } from './canaries.ts';
import { minuteMs, playCanary, usual } from './play.ts';
import { share } from './statistics.ts';

/** A candidate that breaks just before the look that would promote it. */
export interface Tail {
  /** The sound twin was promoted, so there was such a look. */
  readonly hadLook: boolean;
  readonly wasPromoted: boolean;
}

const minutes = 300;

const playTail =
  (lastMinutes: number) =>
  async (seed: number): Promise<Tail> => {
    const sound = await playCanary({ minutes, fateOf: usual(0.05) }, seed);
    if (sound.ended !== 'promoted' || sound.endedAtMs === null) return { hadLook: false, wasPromoted: false };
    const brokenFromMs = sound.endedAtMs - lastMinutes * minuteMs;
    const fateOf: FateOf = (call, chance) => {
      const fate = usual(0.05)(call, chance);
      const isBroken = call.assignment.arm === 'candidate' && call.nowMs >= brokenFromMs;
      return isBroken ? { ...fate, afterMs: 5_000, outcome: 'failed' } : fate;
    };
    const broken = await playCanary({ minutes: (sound.endedAtMs - startMs) / minuteMs + 10, fateOf }, seed);
    return { hadLook: true, wasPromoted: broken.ended === 'promoted' };
  };

const rows = (outcomes: readonly Tail[]): readonly Row[] => {
  const asked = outcomes.filter(({ hadLook }) => hadLook);
  return [
    targetRow(
      'promoted',
      '%',
      share(asked, ({ wasPromoted }) => wasPromoted),
      '<=',
      5,
    ),
    reportedRow('runs with such a look', 'runs', asked.length),
  ];
};

export const tails: readonly Situation<Tail>[] = [6, 9].map((lastMinutes) => ({
  name: `sound, then all fail in the last ${lastMinutes} minutes`,
  play: playTail(lastMinutes),
  rows,
}));
