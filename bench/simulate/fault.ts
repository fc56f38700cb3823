import type { Chance } from './chance.ts';

/** What may go wrong. Each is counted when it took effect, not when it was tried. */
export const faultKinds = [
  'crash',
  'duplicate',
  'late',
  'reordered',
  'lost-record',
  'index-lag',
  'clock-skew',
  'dead-evaluator',
  'alarm-lost',
  'alarm-late',
  'throttling',
  'lost-answer',
  'race',
  'stopped-execution',
  'host-dies',
  'edge-dies',
  'vendor-outage',
  'redial',
  'freeze',
  'roll-back',
  'lost-ends',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** One fault as data: the same list of faults makes the same history, and a fault that is left out changes none of the others. */
export interface Fault {
  readonly kind: FaultKind;
  /** Milliseconds since the world began. */
  readonly atMs: number;
  readonly forMs: number;
  /** In [0, 1): which function, host or write it meets, or how hard. */
  readonly what: number;
  readonly how: number;
}

/** Those that often meet nobody are drawn more often. */
const drawnKinds: readonly FaultKind[] = [
  ...faultKinds,
  'crash',
  'crash',
  'crash',
  'alarm-lost',
  'alarm-late',
  'alarm-late',
];

/** Faults of a stretch of time, spread over it. */
export const drawFaults = (chance: Chance, count: number, untilMs: number): readonly Fault[] =>
  Array.from({ length: count }, (): Fault => {
    const kind = chance.pick(drawnKinds) ?? 'crash';
    const atMs = Math.round(chance.between(0, untilMs));
    const forMs = Math.round(chance.between(3_000, 60_000));
    return { kind, atMs, forMs, what: chance.random(), how: chance.random() };
  }).toSorted((one, other) => one.atMs - other.atMs);

export const faultText = ({ kind, atMs, forMs, what, how }: Fault): string =>
  `${kind} at ${(atMs / 1_000).toFixed(1)} s for ${(forMs / 1_000).toFixed(1)} s (${what.toFixed(3)}, ${how.toFixed(3)})`;
