import { horizonRows, scenarioCount } from './decisions/horizons.ts';
import { judges } from './decisions/judges.ts';
import {
  type Scenario,
  median,
  shareDecided,
  sharedOutage,
  simulate,
  simulatePromotion,
  steady,
} from './decisions/simulate.ts';
import { type Bench, type Row, reportedRow, targetRow } from './harness.ts';

const runs = 2_000;
const promotionRuns = 500;
/** Of canaries that are played with calls of minutes: their scenarios, and the four of a candidate that breaks at the end. */
const playedRuns = { short: 300, long: 300 };
const played = (scenarioCount + 4) * playedRuns.short;
const seed = 20_260_101;

/** What must hold for Lastgood in each scenario. `falseAborts` in percent of runs; `found` in percent, `calls` the median. */
const scenarios: readonly {
  readonly scenario: Scenario;
  readonly falseAborts?: number;
  readonly found?: number;
  readonly calls?: number;
}[] = [
  { scenario: steady('A/A (5 %)', 0.05), falseAborts: 5 },
  { scenario: steady('at the margin (7 %)', 0.07), falseAborts: 5 },
  { scenario: steady('10 %', 0.1), found: 95, calls: 640 },
  { scenario: steady('15 %', 0.15), found: 100, calls: 95 },
  { scenario: steady('25 %', 0.25), found: 100, calls: 26 },
  { scenario: steady('50 %', 0.5), found: 100, calls: 10 },
  { scenario: sharedOutage, falseAborts: 5 },
];

/** Seeded simulations of canary decisions: Lastgood against its targets, and every comparator on the same traffic. */
export const bench: Bench = {
  name: 'decisions',
  async run({ progress, signal }) {
    const total = scenarios.length * runs + 2 * promotionRuns + played;
    let done = 0;
    const tick = (label: string) => (): void => {
      done += 1;
      if (done % 20 === 0 || done === total) progress(done, total, label);
    };
    const own: Row[] = [];
    const others: Row[] = [];
    for (const { scenario, ...targets } of scenarios) {
      const aborts = await simulate(scenario, runs, seed, signal, tick(scenario.name));
      aborts.forEach((calls, index) => {
        const judge = judges[index];
        if (!judge) return;
        if (index === 0) own.push(...ownRows(scenario.name, calls, targets));
        else others.push(...comparatorRows(`${scenario.name}, ${judge.name}`, calls));
      });
    }
    own.push(...(await promotionRows(signal, tick)));
    own.push(...(await horizonRows(playedRuns, seed, signal, (label) => tick(label)())));
    return [...own, ...others];
  },
};

const ownRows = (
  name: string,
  calls: readonly number[],
  targets: { readonly falseAborts?: number; readonly found?: number; readonly calls?: number },
): Row[] => {
  const rows: Row[] = [];
  if (targets.falseAborts !== undefined)
    rows.push(targetRow(`${name}: ever aborted`, '%', shareDecided(calls), '<=', targets.falseAborts));
  if (targets.found !== undefined)
    rows.push(targetRow(`${name}: aborted`, '%', shareDecided(calls), '>=', targets.found));
  if (targets.calls !== undefined)
    rows.push(targetRow(`${name}: candidate calls to abort, median`, 'calls', median(calls), '<=', targets.calls));
  return rows;
};

const comparatorRows = (name: string, calls: readonly number[]): Row[] => {
  const delay = median(calls.filter(Number.isFinite));
  const rows = [reportedRow(`${name}: aborted`, '%', shareDecided(calls))];
  return Number.isFinite(delay)
    ? [...rows, reportedRow(`${name}: candidate calls to abort, median`, 'calls', delay)]
    : rows;
};

const promotionRows = async (signal: AbortSignal, tick: (label: string) => () => void): Promise<Row[]> => {
  const options = { side: 'at-least', margin: 0.02, baseline: 0.05, logThreshold: Math.log(20) } as const;
  const equal = { ...steady('equal', 0.05), horizonCandidateCalls: 6_000 };
  const margin = steady('margin', 0.07);
  const cleared = await simulatePromotion(options, equal, promotionRuns, seed, signal, tick('promote at equal rates'));
  const wrong = await simulatePromotion(options, margin, promotionRuns, seed, signal, tick('promote at the margin'));
  return [
    targetRow('promote at equal rates: candidate calls, median', 'calls', median(cleared), '<=', 780),
    targetRow('promote at the margin (7 %): ever promoted', '%', shareDecided(wrong), '<=', 5),
  ];
};
