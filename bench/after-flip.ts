import { planByName } from '#core/canary/plans.ts';
import type { StableBaseline } from '#core/canary/suspicion.ts';
import type { Random } from '#core/random.ts';
import { type AfterFlip, type AfterFlipEnd, playAfterFlip } from './decisions/after-flip.ts';
import { type Bench, reportedRow, type Row, targetRow } from './harness.ts';

const runs = 300;
const plan = planByName('standard');

/** Stable was measured to fail that share of its calls, spread over their lengths. */
const measured = (errorRate: number): StableBaseline => ({
  errorRate,
  soon: plan.horizons.map(({ seconds }) => errorRate * Math.min(1, seconds / 180)),
  interventionRate: 0.05,
  meanCost: 0.1,
});

const usual = { plan, callsPerMinute: 60, minutes: 40, baseline: measured(0.05), holdbackPercent: 2 } as const;
const fails = (share: number, random: Random, afterMs?: number) => ({
  failed: random() < share,
  ...(afterMs !== undefined && { afterMs }),
});

/** Stable fails a share of its calls 5 s after their start from `minute` on; last-good is as it was. */
const harm = (share: number, minute: number): Pick<AfterFlip, 'fate' | 'harmMinute'> => ({
  harmMinute: minute,
  fate: (arm, now, random) =>
    arm === 'stable' && now >= minute && random() < share ? { failed: true, afterMs: 5_000 } : fails(0.05, random),
});

const outage = (minutes: number): Pick<AfterFlip, 'fate'> => ({
  fate: (_arm, now, random) =>
    now >= 10 && now < 10 + minutes ? { failed: true, afterMs: 5_000 } : fails(0.05, random),
});

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
const share = (ends: readonly AfterFlipEnd[], is: (end: AfterFlipEnd) => boolean): number =>
  (100 * ends.filter(is).length) / ends.length;

interface Scene {
  readonly name: string;
  readonly world: AfterFlip;
  readonly rows: (ends: readonly AfterFlipEnd[]) => readonly Row[];
}

const innocent = (name: string, ends: readonly AfterFlipEnd[]): readonly Row[] => [
  targetRow(
    `${name}: rolled back`,
    '%',
    share(ends, ({ rolledBack }) => rolledBack),
    '<=',
    1,
  ),
  reportedRow(
    `${name}: suspected`,
    '%',
    share(ends, ({ suspicions }) => suspicions > 0),
  ),
];

const scenes: readonly Scene[] = [
  {
    name: 'half of its calls fail',
    world: { ...usual, ...harm(0.5, 10) },
    rows: (ends) => [
      targetRow(
        'half fail: half of new callers away, median',
        's',
        median(ends.map((end) => end.halfAwaySeconds)),
        '<=',
        90,
      ),
      targetRow('half fail: all back, median', 's', median(ends.map((end) => end.allBackSeconds)), '<=', 240),
    ],
  },
  {
    name: 'a call every 3 minutes',
    world: { ...usual, callsPerMinute: 1 / 3, minutes: 600, ...harm(1, 60) },
    rows: (ends) => [
      targetRow(
        'a call every 3 minutes: bad calls to half away, median',
        'calls',
        median(ends.map((end) => end.badCallsToHalf)),
        '<=',
        5,
      ),
      targetRow(
        'a call every 3 minutes: bad calls to all back, median',
        'calls',
        median(ends.map((end) => end.badCallsToBack)),
        '<=',
        15,
      ),
    ],
  },
  { name: 'outage of 2 min', world: { ...usual, ...outage(2) }, rows: (ends) => innocent('outage of 2 min', ends) },
  { name: 'outage of 20 min', world: { ...usual, ...outage(20) }, rows: (ends) => innocent('outage of 20 min', ends) },
  {
    name: 'redialling callers',
    world: {
      ...usual,
      // One caller in eleven calls rings again and again, and fails each time.
      caller: (index, random) => (random() < 0.09 ? 'redialling' : `caller ${index}`),
      fate: (_arm, _minute, random) => fails(0.05, random),
    },
    rows: (ends) => innocent('redialling callers', ends),
  },
  {
    name: 'always fails 12 %',
    world: { ...usual, minutes: 180, baseline: measured(0.12), fate: (_arm, _minute, random) => fails(0.12, random) },
    rows: (ends) => innocent('a service that always fails 12 %', ends),
  },
];

/** What becomes of a promoted release: the holdback, the suspicion and the comparison as the product decides them. */
export const bench: Bench = {
  name: 'after-flip',
  async run({ progress, signal }) {
    const rows: Row[] = [];
    for (const [index, { name, world, rows: rowsOf }] of scenes.entries()) {
      const ends: AfterFlipEnd[] = [];
      for (let seed = 1; seed <= runs; seed += 1) {
        signal.throwIfAborted();
        progress(index * runs + seed, scenes.length * runs, name);
        ends.push(playAfterFlip(world, seed));
      }
      rows.push(...rowsOf(ends));
    }
    return rows;
  },
};
