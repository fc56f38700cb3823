import { setImmediate as breathe } from 'node:timers/promises';
import { createAnalysis } from '#core/canary/analysis.ts';
import { parsePlan } from '#core/canary/plan.ts';
import { planByName } from '#core/canary/plans.ts';
import type { Verdict } from '#core/canary/verdict.ts';
import { type Row, reportedRow, targetRow } from '../harness.ts';
import { type PlayedCall, type World, playCalls, startMs } from './course.ts';
import { median, shareDecided } from './simulate.ts';

/** Runs of scenarios that decide within minutes, and of those that take hours. */
export interface Runs {
  readonly short: number;
  readonly long: number;
}

const minuteMs = 60_000;
const standard = planByName('standard');
const errorsAlone = parsePlan({ name: 'errors-alone', steps: [{ weightPercent: 5 }] });
const baseline = { errorRate: 0.05 };

type FateOf = World['fate'];
/** Both arms fail so often, at any time of a call. */
const failing =
  (candidate: number, stable = 0.05): FateOf =>
  (arm, _minute, random) => ({ failed: random() < (arm === 'candidate' ? candidate : stable) });
/** A share of the candidate's calls fails so long after its start; the others are like stable's. */
const failingSoon =
  (share: number, afterMs = 5_000): FateOf =>
  (arm, _minute, random) => {
    const soon = random() < share && arm === 'candidate';
    const failed = random() < 0.05;
    return soon ? { failed: true, afterMs } : { failed };
  };
/** Equal arms, of which some calls get lost after hand-over, or are refused. */
const losing =
  (candidate: number, stable: number, how: 'lost' | 'refused' = 'lost'): FateOf =>
  (arm, _minute, random) => {
    const gone = random() < (arm === 'candidate' ? candidate : stable);
    return { failed: random() < 0.05, [how]: gone };
  };

const world = (plan: World['plan'], fate: FateOf, minutes: number, change: Partial<World> = {}): World => ({
  plan,
  callsPerMinute: 60,
  minutes,
  weightPercent: () => 5,
  fate,
  ...change,
});

/** What a run comes to; its calls are given up. */
interface Outcome {
  readonly verdict: Verdict['verdict'];
  /** From the start of the first bad call of the candidate to the abort; Infinity without. */
  readonly seconds: number;
  /** Candidate calls that the deciding horizon had taken. */
  readonly candidateCalls: number;
}

/** Looks every ten minutes until it is decided or all calls are over. */
const playOut = (scenario: World, seed: number): Outcome => {
  const calls = playCalls(scenario, seed);
  const analysis = createAnalysis(scenario.plan, { sinceMs: startMs, baseline, distinctCallers: true });
  let next = 0;
  for (let minute = 10; ; minute += 10) {
    for (; (calls[next]?.startedMs ?? Infinity) < startMs + minute * minuteMs; next += 1) {
      const call = calls[next];
      if (call) analysis.observe(call.final);
    }
    const verdict = analysis.verdict(startMs + minute * minuteMs);
    if (verdict.verdict === 'abort' || verdict.verdict === 'promote' || minute > scenario.minutes + 10)
      return outcomeOf(verdict, calls);
  }
};

const outcomeOf = (verdict: Verdict, calls: readonly PlayedCall[]): Outcome => {
  const firstBad = calls.find(({ open, failed }) => open.arm === 'candidate' && failed);
  const { horizons, ...atWindow } = verdict.metrics.errorRate;
  const soon = horizons.find(({ seconds }) => seconds === verdict.horizonSeconds);
  const deciding = verdict.verdict === 'abort' ? (soon ?? atWindow) : atWindow;
  const isAbort = verdict.verdict === 'abort' && firstBad !== undefined;
  return {
    verdict: verdict.verdict,
    seconds: isAbort ? (Date.parse(verdict.at) - firstBad.startedMs) / 1_000 : Infinity,
    candidateCalls: deciding.candidate.n,
  };
};

const p90 = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) * 0.9)] ?? Infinity;

interface Scenario {
  readonly name: string;
  readonly world: World;
  readonly length: keyof Runs;
  readonly rows: (name: string, outcomes: readonly Outcome[]) => Row[];
}

const inTime =
  (most: { readonly median: number; readonly p90?: number }) =>
  (name: string, outcomes: readonly Outcome[]): Row[] => {
    const seconds = outcomes.map(({ seconds }) => seconds);
    return [
      targetRow(`${name}: first bad call to abort, median`, 's', median(seconds), '<=', most.median),
      most.p90 === undefined
        ? reportedRow(`${name}: first bad call to abort, p90`, 's', p90(seconds))
        : targetRow(`${name}: first bad call to abort, p90`, 's', p90(seconds), '<=', most.p90),
    ];
  };
const inCalls =
  (wanted: 'abort' | 'promote', most: number | undefined) =>
  (name: string, outcomes: readonly Outcome[]): Row[] => {
    const metric = `${name}: candidate calls to ${wanted}, median`;
    const calls = median(
      outcomes.map(({ verdict, candidateCalls }) => (verdict === wanted ? candidateCalls : Infinity)),
    );
    return [most === undefined ? reportedRow(metric, 'calls', calls) : targetRow(metric, 'calls', calls, '<=', most)];
  };
const atMost =
  (limits: { readonly abort?: number; readonly promote?: number; readonly unknown?: 'all' }) =>
  (name: string, outcomes: readonly Outcome[]): Row[] => {
    const share = (wanted: Verdict['verdict']): number =>
      (100 * outcomes.filter(({ verdict }) => verdict === wanted).length) / outcomes.length;
    const rows: Row[] = [];
    if (limits.abort !== undefined) rows.push(targetRow(`${name}: aborted`, '%', share('abort'), '<=', limits.abort));
    if (limits.promote !== undefined)
      rows.push(targetRow(`${name}: promoted`, '%', share('promote'), '<=', limits.promote));
    if (limits.unknown) rows.push(targetRow(`${name}: unknown`, '%', share('unknown'), '>=', 100));
    return rows;
  };

const outage: FateOf = (_arm, minute, random) => ({ failed: random() < (minute >= 80 && minute < 100 ? 0.2 : 0.05) });

const scenarios: readonly Scenario[] = [
  {
    name: 'all fail after 5 s',
    world: world(standard, failingSoon(1), 20),
    length: 'short',
    rows: inTime({ median: 120, p90: 200 }),
  },
  {
    name: 'half fail after 5 s',
    world: world(standard, failingSoon(0.5), 30),
    length: 'short',
    rows: inTime({ median: 240 }),
  },
  ...(
    [
      [0.5, 10, 40],
      [0.25, 26, 80],
      [0.15, 95, 300],
      [0.1, 640, 700],
    ] as const
  ).flatMap(([rate, most, minutes]): Scenario[] => [
    {
      name: `fails ${100 * rate} %`,
      world: world(errorsAlone, failing(rate), minutes),
      length: rate > 0.1 ? 'short' : 'long',
      rows: inCalls('abort', most),
    },
    {
      name: `fails ${100 * rate} %, plan standard`,
      world: world(standard, failing(rate), minutes),
      length: rate > 0.1 ? 'short' : 'long',
      rows: inCalls('abort', undefined),
    },
  ]),
  {
    name: 'no candidate call',
    world: world(standard, failing(0.05), 10, { weightPercent: () => 20, arm: 'stable' }),
    length: 'short',
    rows: atMost({ abort: 0, promote: 0, unknown: 'all' }),
  },
  {
    name: '70 % of candidate ends lost',
    world: world(standard, losing(0.7, 0), 60, { weightPercent: () => 25 }),
    length: 'short',
    rows: atMost({ abort: 0, promote: 0 }),
  },
  {
    name: '10 % of candidate ends lost',
    world: world(standard, losing(0.1, 0), 150, { weightPercent: () => 25 }),
    length: 'long',
    rows: atMost({ abort: 0, promote: 5 }),
  },
  {
    name: 'fails 5 % as stable, but at 10 s',
    world: world(
      standard,
      (arm, _minute, random) => ({ failed: random() < 0.05, ...(arm === 'candidate' && { afterMs: 10_000 }) }),
      200,
    ),
    length: 'long',
    rows: atMost({ abort: 5 }),
  },
  {
    name: 'A/A, error rate alone',
    world: world(errorsAlone, failing(0.05), 200),
    length: 'long',
    rows: atMost({ abort: 5 }),
  },
  {
    name: 'at the margin (7 %), error rate alone',
    world: world(errorsAlone, failing(0.07), 200),
    length: 'long',
    rows: atMost({ abort: 5, promote: 5 }),
  },
  { name: 'shared outage', world: world(standard, outage, 150), length: 'long', rows: atMost({ abort: 5 }) },
  { name: 'equal rates', world: world(standard, failing(0.05), 800), length: 'long', rows: inCalls('promote', 780) },
  {
    name: 'equal rates, 1 % refused in both arms',
    world: world(standard, losing(0.01, 0.01, 'refused'), 800),
    length: 'long',
    rows: inCalls('promote', 780),
  },
  {
    name: 'equal rates, 0.5 % of ends lost in both arms',
    world: world(standard, losing(0.005, 0.005), 1_000),
    length: 'long',
    rows: inCalls('promote', 1_200),
  },
];

export const scenarioCount = scenarios.length;

/** Simulated canaries with calls of three minutes: how soon they are decided, counted from the first bad call. */
export const horizonRows = async (
  runs: Runs,
  firstSeed: number,
  signal: AbortSignal,
  onRun: (label: string) => void,
): Promise<Row[]> => {
  const rows: Row[] = [];
  for (const { name, world: played, length, rows: rowsOf } of scenarios) {
    const outcomes: Outcome[] = [];
    for (let run = 0; run < runs[length]; run += 1) {
      outcomes.push(playOut(played, firstSeed + run));
      onRun(name);
      await breathe();
      signal.throwIfAborted();
    }
    rows.push(...rowsOf(name, outcomes));
  }
  for (const minutes of [6, 9])
    for (const share of [1, 0.5]) rows.push(await tailRow(minutes, share, runs.short, firstSeed, signal, onRun));
  return rows;
};

/** Steps of ten minutes, as plan `standard` takes them. */
const stepped = (minute: number): number => (minute < 10 ? 5 : minute < 20 ? 10 : minute < 30 ? 25 : 50);

/** The first look, every ten seconds once the last step has baked, that promotes. */
const promotedAt = (calls: readonly PlayedCall[], minutes: number): number | undefined => {
  const analysis = createAnalysis(errorsAlone, { sinceMs: startMs, baseline, distinctCallers: true });
  for (const { final } of calls) analysis.observe(final);
  for (let nowMs = startMs + 40 * minuteMs; nowMs <= startMs + minutes * minuteMs; nowMs += 10_000) {
    const { verdict } = analysis.verdict(nowMs);
    if (verdict === 'promote') return nowMs;
    if (verdict === 'abort') return undefined;
  }
  return undefined;
};

/** A candidate that is sound, and then fails for so many minutes before the look that would have promoted it. */
const tailRow = async (
  minutes: number,
  share: number,
  runs: number,
  firstSeed: number,
  signal: AbortSignal,
  onRun: (label: string) => void,
): Promise<Row> => {
  const name = `sound, then ${share === 1 ? 'all' : 'half'} fail in the last ${minutes} minutes`;
  const length = 180;
  const promoted: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const breaking = (fromMinute: number): World =>
      world(
        errorsAlone,
        (arm, minute, random) => {
          const broken = random() < share && arm === 'candidate' && minute >= fromMinute;
          const failed = random() < 0.05;
          return broken ? { failed: true, afterMs: 5_000 } : { failed };
        },
        length,
        { weightPercent: stepped },
      );
    const soundAt = promotedAt(playCalls(breaking(Infinity), firstSeed + run), length);
    onRun(name);
    await breathe();
    signal.throwIfAborted();
    if (soundAt === undefined) continue;
    const fromMinute = (soundAt - startMs) / minuteMs - minutes;
    promoted.push(promotedAt(playCalls(breaking(fromMinute), firstSeed + run), length) ?? Infinity);
  }
  return share === 1
    ? targetRow(`${name}: promoted`, '%', shareDecided(promoted), '<=', 5)
    : reportedRow(`${name}: promoted`, '%', shareDecided(promoted));
};
