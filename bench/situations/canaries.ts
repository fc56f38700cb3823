import { parsePlan } from '#core/canary/plan.ts';
import { type FateOf, lengthMs, threeMinutes } from '#bench/simulate/fates.ts';
import { type Row, reportedRow, targetRow } from '../harness.ts';
import { type Canary, minuteMs, type Outcome, playCanary, usual } from './play.ts';
import { startMs as worldStartMs } from '#bench/simulate/world.ts';
import { median, ninetieth, share } from './statistics.ts';

/** A situation as data: what one run plays, and what all of them must show. */
export interface Situation<T = Outcome> {
  readonly name: string;
  readonly play: (seed: number) => Promise<T>;
  rows(outcomes: readonly T[]): readonly Row[];
}

/** A share of the candidate's calls fails so long after its start; the others go as stable's. */
const failingSoon =
  (part: number, afterMs = 5_000): FateOf =>
  (call, chance) => {
    const soon = chance.isTrue(part) && call.assignment.arm === 'candidate';
    const fate = usual(0.05)(call, chance);
    return soon ? { ...fate, afterMs, outcome: 'failed' } : fate;
  };

const asStableButSoon: FateOf = (call, chance) => {
  const fate = usual(0.05)(call, chance);
  return fate.outcome === 'failed' && call.assignment.arm === 'candidate' ? { ...fate, afterMs: 10_000 } : fate;
};

const losingEnds =
  (candidate: number, stable: number): FateOf =>
  (call, chance) => {
    const gone = chance.isTrue(call.assignment.arm === 'candidate' ? candidate : stable);
    const fate = usual(0.05)(call, chance);
    return gone ? { ...fate, unwritten: 'end' } : fate;
  };

const unrecorded: FateOf = (call, chance) => {
  const fate = usual(0.05)(call, chance);
  return call.assignment.arm === 'candidate' ? { ...fate, unwritten: 'all' } : fate;
};

const inSeconds =
  (most: { readonly median: number; readonly p90?: number }) =>
  (outcomes: readonly Outcome[]): readonly Row[] => {
    const seconds = outcomes.map(({ secondsToAbort }) => secondsToAbort ?? Infinity);
    const p90 = ninetieth(seconds);
    return [
      targetRow('first bad call to abort, median', 's', median(seconds), '<=', most.median),
      most.p90 === undefined
        ? reportedRow('the same, p90', 's', p90)
        : targetRow('the same, p90', 's', p90, '<=', most.p90),
    ];
  };

const ended = (outcomes: readonly Outcome[], how: Outcome['ended']): number =>
  share(outcomes, (outcome) => outcome.ended === how);

const atMost =
  (limits: { readonly aborted?: number; readonly promoted?: number }) =>
  (outcomes: readonly Outcome[]): readonly Row[] => [
    limits.aborted === undefined
      ? reportedRow('aborted', '%', ended(outcomes, 'aborted'))
      : targetRow('aborted', '%', ended(outcomes, 'aborted'), '<=', limits.aborted),
    limits.promoted === undefined
      ? reportedRow('promoted', '%', ended(outcomes, 'promoted'))
      : targetRow('promoted', '%', ended(outcomes, 'promoted'), '<=', limits.promoted),
  ];

const callsToPromote =
  (most: number) =>
  (outcomes: readonly Outcome[]): readonly Row[] => {
    const calls = outcomes.map(({ candidateCalls }) => candidateCalls ?? Infinity);
    return [
      targetRow('candidate calls to promote, median', 'calls', median(calls), '<=', most),
      reportedRow('promoted', '%', ended(outcomes, 'promoted')),
      reportedRow('minutes to promote, median', 'min', median(outcomes.map(({ minutes }) => minutes ?? Infinity))),
    ];
  };

const canary = (name: string, scene: Canary, rows: Situation['rows']): Situation => ({
  name,
  play: (seed) => playCanary(scene, seed),
  rows,
});

/** Sessions whose number is drawn: every host refuses them, whatever their arm. */
const refusing =
  (part: number) =>
  (sessionId: string): boolean => {
    const number = Number(sessionId.slice(5, 13));
    return (Math.imul(number, 0x9e3779b1) >>> 0) / 2 ** 32 < part;
  };

/** At half of the callers from the beginning; what it decides by is not what a burst is about. */
const atHalf = parsePlan({ name: 'at-half', steps: [{ weightPercent: 50, bakeMinutes: 60 }] });

/** From so many minutes on no end of a call is written any more. */
const endsStopAfter =
  (minutes: number): FateOf =>
  (call, chance) => {
    const fate = usual(0.05)(call, chance);
    return call.nowMs + fate.afterMs > worldStartMs + minutes * minuteMs ? { ...fate, unwritten: 'end' } : fate;
  };

const burstLength = (call: Parameters<FateOf>[0], chance: Parameters<FateOf>[1]): ReturnType<FateOf> => ({
  ...usual(0.05)(call, chance),
  afterMs: lengthMs({ ...threeMinutes, medianMs: 60_000 }, chance),
});

/** Quiet but for a second in each half minute. */
const inBursts = (nowMs: number): number => (nowMs % 30_000 < 1_000 ? 2_400 : 0);

export const canaries: readonly Situation[] = [
  canary('all fail after 5 s, at 5 %', { minutes: 30, fateOf: failingSoon(1) }, inSeconds({ median: 120, p90: 200 })),
  canary('half fail after 5 s, at 5 %', { minutes: 60, fateOf: failingSoon(0.5) }, inSeconds({ median: 240 })),
  canary('fails 5 % as stable, but at 10 s', { minutes: 200, fateOf: asStableButSoon }, atMost({ aborted: 5 })),
  canary('no candidate call in the records', { minutes: 60, fateOf: unrecorded }, (outcomes) => [
    targetRow(
      'aborted or promoted',
      '%',
      share(outcomes, (outcome) => outcome.ended !== 'undecided'),
      '<=',
      0,
    ),
    targetRow(
      'unknown',
      '%',
      share(outcomes, ({ verdict }) => verdict === 'unknown'),
      '>=',
      100,
    ),
  ]),
  canary(
    '10 % of candidate ends lost',
    { minutes: 150, fateOf: losingEnds(0.1, 0) },
    atMost({ aborted: 0, promoted: 5 }),
  ),
  canary(
    '70 % of candidate ends lost',
    { minutes: 60, fateOf: losingEnds(0.7, 0) },
    atMost({ aborted: 0, promoted: 0 }),
  ),
  canary(
    'bursts of 40 calls/s, identical pools, at 50 %',
    {
      plan: atHalf,
      minutes: 60,
      fateOf: burstLength,
      stage: { callsPerMinute: inBursts, maxCallsPerHost: 400, warm: { processes: 6, refillMs: 1_000 } },
    },
    atMost({ aborted: 5 }),
  ),
  canary(
    '1 % of starts refused in both arms, equal',
    { minutes: 800, fateOf: usual(0.05), stage: { isRefused: refusing(0.01) } },
    callsToPromote(780),
  ),
  canary(
    '0.5 % of ends lost in both arms, equal',
    { minutes: 1_000, fateOf: losingEnds(0.005, 0.005) },
    callsToPromote(1_200),
  ),
  canary(
    'outcomes lost for good from minute 45',
    { minutes: 240, fateOf: endsStopAfter(45), watchedFromMinute: 46 },
    (outcomes) => [
      targetRow(
        'exposure ever up again',
        '%',
        share(outcomes, ({ grewAfter }) => grewAfter),
        '<=',
        0,
      ),
      targetRow(
        'people paged within 4 hours',
        '%',
        share(outcomes, ({ pages }) => pages > 0),
        '>=',
        100,
      ),
      reportedRow('promoted before', '%', ended(outcomes, 'promoted')),
    ],
  ),
];
