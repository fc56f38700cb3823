import { percentilesOf } from '#callers/report.ts';
import { createSpeech } from '#callers/speech.ts';
import { LastgoodError } from '#core/errors.ts';
import { type Bench, type BenchContext, type Row, reportedRow, targetRow } from './harness.ts';
import { abortedCanary, candidateFailures } from './live/aborted-canary.ts';
import { candidateAlarmsClear } from './live/alarms.ts';
import { type PublishedVersion, askAndLeave, publishVersion } from './live/bench-agent.ts';
import { type Live, bringUp } from './live/bring-up.ts';
import { type Load, loadRows, startLoad } from './live/load.ts';
import { halfUntilDecided } from './live/plans.ts';
import { promotionEnded, putOnline, startPromotion } from './live/promote.ts';

const service = 'appointments';
const runs = 10;
const callsPerSecond = 4;
const setUpSteps = 6;
/** Workflow and alarm ask the same judge every few seconds, and may once be first. */
const leastInBand = Math.ceil(runs * 0.8);

interface Run {
  /** End of the deciding call to the last new session on the candidate. */
  readonly totalMs: number;
  /** End of the deciding call to the write of the head. */
  readonly flipMs: number;
  /** End of the candidate's first failed call to the write of the head: what the harm lasted. */
  readonly harmMs: number;
  readonly by: string;
}

/** One real promotion of a release that fails every call which asks for a day. */
const rollBackOnce = async (live: Live, broken: PublishedVersion): Promise<Run> => {
  await candidateAlarmsClear(live, service);
  const promotionId = await startPromotion(live, service, broken, halfUntilDecided);
  await promotionEnded(live, promotionId);
  const canary = await abortedCanary(live, service, promotionId);
  const decisions = await live.access.promotions.decisions(promotionId);
  // Racing analyses may both record it; the first one decided.
  const decision = decisions.findLast(({ verdict }) => verdict === 'abort');
  if (decision === undefined)
    throw new LastgoodError('internal', `promotion ${promotionId} has no verdict that aborts`);
  const decidingEndMs = Date.parse(decision.at);
  return {
    totalMs: Math.max(0, canary.lastCandidateStartMs - decidingEndMs),
    flipMs: canary.flippedAtMs - decidingEndMs,
    harmMs: canary.flippedAtMs - (candidateFailures(canary)[0] ?? Number.NaN),
    by: canary.by,
  };
};

const rowsOf = (measured: readonly Run[]): readonly Row[] => {
  const total = percentilesOf(measured.map(({ totalMs }) => totalMs));
  const flip = percentilesOf(measured.map(({ flipMs }) => flipMs));
  const harm = percentilesOf(measured.map(({ harmMs }) => harmMs));
  const inBand = measured.filter(({ by }) => by === 'lambda:weigh-outcome').length;
  const whole = "deciding call's end to last new session on the candidate";
  const write = "deciding call's end to the write of the head";
  return [
    targetRow('first failed call to the write of the head, p50', 'ms', harm?.p50 ?? Number.NaN, '<=', 120_000),
    reportedRow('first failed call to the write of the head, p99', 'ms', harm?.p99 ?? Number.NaN),
    targetRow(`${whole}, p99`, 'ms', total?.p99 ?? Number.NaN, '<=', 2_000),
    reportedRow(`${whole}, p50`, 'ms', total?.p50 ?? Number.NaN),
    reportedRow(`${write}, p50`, 'ms', flip?.p50 ?? Number.NaN),
    reportedRow(`${write}, p99`, 'ms', flip?.p99 ?? Number.NaN),
    targetRow('promotions aborted', 'runs', measured.length, '>=', runs),
    targetRow('aborted by the outcome of a call, not by the workflow', 'runs', inBand, '>=', leastInBand),
  ];
};

const measure = async (live: Live, { progress }: BenchContext): Promise<readonly Row[]> => {
  const broken: PublishedVersion[] = [];
  for (let n = 1; n <= runs; n += 1)
    broken.push(await publishVersion(live, { service, version: `1.${n}`, broken: true }));
  const speech = createSpeech();
  let load: Load | undefined;
  const measured: Run[] = [];
  try {
    load = startLoad(live, { service, rate: callsPerSecond, scenario: askAndLeave, speech });
    for (const version of broken) {
      const run = await rollBackOnce(live, version);
      measured.push(run);
      progress(setUpSteps + measured.length, setUpSteps + runs, `roll-backs, the last one took ${run.totalMs} ms`);
    }
  } finally {
    await load?.stop();
    await speech.close();
  }
  return [...rowsOf(measured), ...loadRows(await load.stop())];
};

/** The outcome of the deciding call brings the analysis and the write; live calls, the whole workflow around them (S9). */
export const bench: Bench = {
  name: 'roll-back-in-band',
  run: async (context) => {
    let step = 0;
    const onStep = (text: string): void => context.progress((step += 1), setUpSteps + runs, text);
    const live = await bringUp({ warmProcesses: 10, onStep, context });
    try {
      onStep('putting a release online');
      await putOnline(live, service, await publishVersion(live, { service, version: '1.0' }));
      return await measure(live, context);
    } finally {
      await live.close();
    }
  },
};
