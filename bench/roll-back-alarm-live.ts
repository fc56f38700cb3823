import { percentilesOf } from '#callers/report.ts';
import { createSpeech, type Speech } from '#callers/speech.ts';
import { LastgoodError } from '#core/errors.ts';
import type { PromotionId } from '#core/words/ids.ts';
import { type Bench, type BenchContext, reportedRow, type Row, targetRow } from './harness.ts';
import { abortedCanary, candidateFailures } from './live/aborted-canary.ts';
import { candidateAlarmFires, candidateAlarmsClear } from './live/alarms.ts';
import { alarmRounds as rounds, alarmRuns as runs, alarmServices as services } from './live/alarm-runs.ts';
import { askAndLeave, type PublishedVersion, publishVersion } from './live/bench-agent.ts';
import { bringUp, type Live } from './live/bring-up.ts';
import { type Load, loadRows, startLoad } from './live/load.ts';
import { blindToErrors } from './live/plans.ts';
import { promotionEnded, putOnline, startPromotion } from './live/promote.ts';

/** Per service; half of them meet the candidate. */
const callsPerSecond = 1.2;
const setUpSteps = 6;

/** Moments of one run, epoch milliseconds, in the order of the path. */
interface Run {
  readonly firstFailureMs: number;
  readonly thirdFailureMs: number;
  readonly alarmMs: number;
  readonly flipMs: number;
  readonly lastSessionMs: number;
  readonly by: string;
}

const momentsOf = async (live: Live, service: string, promotionId: PromotionId, alarmMs: number): Promise<Run> => {
  const canary = await abortedCanary(live, service, promotionId);
  const failures = candidateFailures(canary);
  return {
    firstFailureMs: failures[0] ?? Number.NaN,
    thirdFailureMs: failures[2] ?? Number.NaN,
    alarmMs,
    flipMs: canary.flippedAtMs,
    lastSessionMs: Math.max(canary.flippedAtMs, canary.lastCandidateStartMs),
    by: canary.by,
  };
};

/** A real promotion whose analysis looks at slow turns only: what fails calls is found by the alarm, or by nobody. */
const rollBackOnce = async (live: Live, service: string, broken: PublishedVersion): Promise<Run> => {
  await candidateAlarmsClear(live, service);
  const promotionId = await startPromotion(live, service, broken, blindToErrors);
  const alarm = candidateAlarmFires(live, service);
  const ended = promotionEnded(live, promotionId);
  // Whichever loses the race may still fail later, when nobody waits for it.
  for (const promise of [alarm, ended]) promise.catch(() => {});
  const first = await Promise.race([alarm, ended]);
  if (typeof first === 'string')
    throw new LastgoodError('internal', `the promotion of ${service} ended before its alarm fired: ${first}`);
  await ended;
  return momentsOf(live, service, promotionId, first);
};

const secondsOf = (measured: readonly Run[], from: keyof Run, to: keyof Run) => {
  const times = percentilesOf(measured.map((run) => Math.max(0, Number(run[to]) - Number(run[from]))));
  return { p50: (times?.p50 ?? Number.NaN) / 1000, p99: (times?.p99 ?? Number.NaN) / 1000 };
};

const rowsOf = (measured: readonly Run[]): readonly Row[] => {
  const whole = secondsOf(measured, 'firstFailureMs', 'flipMs');
  const byAlarm = measured.filter(({ by }) => by.startsWith('alarm:')).length;
  const suspicion = secondsOf(measured, 'thirdFailureMs', 'alarmMs');
  return [
    targetRow('first failed call to flip, p99', 's', whole.p99, '<=', 75),
    reportedRow('first failed call to flip, p50', 's', whole.p50),
    // Budget: bucket 10 s, ingest 5 s, evaluation 10 s.
    targetRow('hop 1, third failed call to alarm, p99', 's', suspicion.p99, '<=', 25),
    reportedRow('hop 2, alarm to the write of the head, p99', 's', secondsOf(measured, 'alarmMs', 'flipMs').p99),
    targetRow(
      'hop 3, write to last new session, p99',
      's',
      secondsOf(measured, 'flipMs', 'lastSessionMs').p99,
      '<=',
      1,
    ),
    targetRow('runs flipped by the alarm path', 'runs', byAlarm, '>=', runs),
  ];
};

/** The broken versions of one service, one after the other; services run side by side. */
const runService = async (live: Live, service: string, onRun: (run: Run) => void): Promise<void> => {
  for (let n = 1; n <= rounds; n += 1) {
    const run = await rollBackOnce(
      live,
      service,
      await publishVersion(live, { service, version: `1.${n}`, broken: true }),
    );
    onRun(run);
  }
};

const withLoad = async (live: Live, speech: Speech, work: () => Promise<void>): Promise<readonly Row[]> => {
  const loads: Load[] = services.map((service) =>
    startLoad(live, { service, rate: callsPerSecond, scenario: askAndLeave, speech }),
  );
  try {
    await work();
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
  }
  const reports = await Promise.all(loads.map((load) => load.stop()));
  return reports.flatMap((report, index) =>
    loadRows(report).map((row) => ({ ...row, metric: `${services[index]}: ${row.metric}` })),
  );
};

const measure = async (live: Live, { progress }: BenchContext): Promise<readonly Row[]> => {
  const speech = createSpeech();
  const measured: Run[] = [];
  const onRun = (run: Run): void => {
    measured.push(run);
    progress(setUpSteps + measured.length, setUpSteps + runs, 'roll-backs');
  };
  try {
    const load = await withLoad(live, speech, async () => {
      await Promise.all(services.map((service) => runService(live, service, onRun)));
    });
    return [...rowsOf(measured), ...load];
  } finally {
    await speech.close();
  }
};

/** The alarm path alone: the stream's mapping is not deployed, and the plan's analysis does not look at errors (S9). */
export const bench: Bench = {
  name: 'roll-back-alarm-live',
  run: async (context) => {
    let step = 0;
    const onStep = (text: string): void => context.progress((step += 1), setUpSteps + runs, text);
    const live = await bringUp({ services, warmProcesses: 5, withoutInBand: true, onStep, context });
    try {
      onStep(`putting ${services.length} services online`);
      for (const service of services)
        await putOnline(live, service, await publishVersion(live, { service, version: '1.0' }));
      return await measure(live, context);
    } finally {
      await live.close();
    }
  },
};
