import { percentilesOf } from '#callers/report.ts';
import { type AlarmPath, type AlarmPathRun, walkAlarmPath } from './alarm-path/walk-alarm-path.ts';
import { type Bench, type BenchContext, reportedRow, type Row, targetRow } from './harness.ts';

/** Everything but the traffic: 5 % meet the candidate, stable fails 2 % of its calls, as the org says. */
const broken: Omit<AlarmPath, 'seed' | 'callsPerMinute'> = {
  weights: [{ fromMinute: 0, percent: 5 }],
  baselineErrorRate: 0.02,
  failing: { stable: 0.02, candidate: 1 },
  failMs: 5_000,
  goodMs: (_arm, random) => 60_000 + random() * 240_000,
  minutesBefore: 10,
  minutes: 8,
  stepMs: 250,
};

const situations = [
  { callsPerMinute: 600, runs: 100, targetSeconds: 75 },
  { callsPerMinute: 60, runs: 400, targetSeconds: 180 },
] as const;

/** Equal failures; the candidate's good calls are half as long again. */
const thorough: Omit<AlarmPath, 'seed' | 'callsPerMinute'> = {
  weights: [
    { fromMinute: 0, percent: 5 },
    { fromMinute: 10, percent: 10 },
  ],
  baselineErrorRate: 0.1,
  failing: { stable: 0.1, candidate: 0.1 },
  failMs: 20_000,
  goodMs: (arm, random) => (arm === 'candidate' ? 1.5 : 1) * (120_000 + random() * 240_000),
  minutesBefore: 12,
  minutes: 20,
  stepMs: 1_000,
};
const thoroughRates = [200, 300, 400] as const;
const thoroughRuns = 10;

const total = situations.reduce((sum, { runs }) => sum + runs, 0) + thoroughRates.length * thoroughRuns;

/** Budget of each hop in seconds. Hop 1: bucket 10, ingest 5, evaluation 10. Hop 3: one read of an edge and its way. */
const budgets = { alarm: 25, edges: 1 };

const secondsBetween = (runs: readonly AlarmPathRun[], from: keyof AlarmPathRun, to: keyof AlarmPathRun) => {
  const times = percentilesOf(runs.map((run) => Math.max(0, run[to] - run[from])));
  return { p50: (times?.p50 ?? Number.NaN) / 1000, p99: (times?.p99 ?? Number.NaN) / 1000 };
};

const rowsOf = (name: string, runs: readonly AlarmPathRun[], targetSeconds: number): readonly Row[] => {
  const flipped = runs.filter(({ flipMs }) => Number.isFinite(flipMs));
  const whole = secondsBetween(flipped, 'firstBadMs', 'flipMs');
  const suspicion = secondsBetween(flipped, 'thirdBadMs', 'alarmMs');
  const judged = secondsBetween(flipped, 'alarmMs', 'flipMs');
  return [
    targetRow(`${name}: first bad call to flip, p99`, 's', whole.p99, '<=', targetSeconds),
    reportedRow(`${name}: first bad call to flip, p50`, 's', whole.p50),
    reportedRow(`${name}: first to third bad call, p99`, 's', secondsBetween(flipped, 'firstBadMs', 'thirdBadMs').p99),
    targetRow(`${name}: hop 1, third bad call to alarm, p99`, 's', suspicion.p99, '<=', budgets.alarm),
    reportedRow(`${name}: hop 2, alarm to flip, until the judge has its evidence, p50`, 's', judged.p50),
    reportedRow(`${name}: hop 2, p99`, 's', judged.p99),
    targetRow(
      `${name}: hop 3, flip to last new session, p99`,
      's',
      secondsBetween(flipped, 'flipMs', 'lastSessionMs').p99,
      '<=',
      budgets.edges,
    ),
    targetRow(`${name}: flipped`, 'runs', flipped.length, '>=', runs.length),
  ];
};

const measure = async ({ progress, signal }: BenchContext): Promise<readonly Row[]> => {
  let done = 0;
  const walk = async (path: Omit<AlarmPath, 'seed'>, runs: number): Promise<readonly AlarmPathRun[]> => {
    const walked: AlarmPathRun[] = [];
    for (let seed = 1; seed <= runs; seed += 1) {
      signal.throwIfAborted();
      walked.push(await walkAlarmPath({ ...path, seed }));
      progress((done += 1), total, `${path.callsPerMinute} calls a minute`);
    }
    return walked;
  };
  const rows: Row[] = [];
  for (const { callsPerMinute, runs, targetSeconds } of situations)
    rows.push(...rowsOf(`${callsPerMinute} calls/min`, await walk({ ...broken, callsPerMinute }, runs), targetSeconds));
  const harmless: AlarmPathRun[] = [];
  for (const callsPerMinute of thoroughRates)
    harmless.push(...(await walk({ ...thorough, callsPerMinute }, thoroughRuns)));
  const aborted = harmless.filter(({ flipMs }) => Number.isFinite(flipMs)).length;
  const fired = harmless.reduce((sum, { alarms }) => sum + alarms, 0);
  return [
    ...rows,
    targetRow(
      'both arms fail 10 %, good calls of the candidate 1.5 times as long: aborted within 20 min',
      '%',
      (100 * aborted) / harmless.length,
      '<=',
      5,
    ),
    reportedRow('the same: times that the alarm fired, per run', 'alarms', fired / harmless.length),
  ];
};

/**
 * The alarm path alone, from the harm of the first bad call on, on virtual time: what the embedded cloud evaluates and the function
 * decides is the code that runs; calls, ingestion and invocations are drawn.
 */
export const bench: Bench = { name: 'roll-back-alarm', run: measure };
