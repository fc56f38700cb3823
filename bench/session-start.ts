import { placeCalls } from '#callers/place-calls.ts';
import { orgSessions } from '#cli/org/org-sessions.ts';
import { monotonicClock } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import { serviceOf } from '#core/org/services.ts';
import { type Bench, reportedRow, targetRow } from './harness.ts';
import { publishVersion, ringAndListen } from './live/bench-agent.ts';
import { bringUp, type Live } from './live/bring-up.ts';
import { putOnline } from './live/promote.ts';

const service = 'appointments';
const callsPerSecond = 10;
const seconds = 30;
/** Two seconds of calls: while they end, their successors are made. */
const warmProcesses = 20;
const setUpSteps = 5;

const measure = async (live: Live, progress: (done: number) => void, signal: AbortSignal) => {
  const openSession = orgSessions(live.access, monotonicClock, { service: serviceOf(live.access.org, service) });
  const scenarios = [ringAndListen];
  // The first calls warm the code paths of callers and edges, as a service that is up has warmed them.
  await placeCalls({
    openSession,
    clock: monotonicClock,
    random: Math.random,
    scenarios,
    count: 10,
    concurrency: 2,
    signal,
  });
  let done = 0;
  return placeCalls({
    openSession,
    clock: monotonicClock,
    random: Math.random,
    scenarios,
    count: callsPerSecond * seconds,
    rate: callsPerSecond,
    concurrency: 200,
    signal,
    onCall: () => progress((done += 1)),
  });
};

/** Upgrade request → first audio frame out, over edge, host and a fresh agent process per call (V3, V4). */
export const bench: Bench = {
  name: 'session-start',
  run: async (context) => {
    const { progress, signal } = context;
    const total = setUpSteps + callsPerSecond * seconds;
    let step = 0;
    const onStep = (text: string): void => progress((step += 1), total, text);
    const live = await bringUp({ warmProcesses, onStep, context });
    try {
      onStep('putting a release online');
      await putOnline(live, service, await publishVersion(live, { service, version: '1.0' }));
      const report = await measure(live, (done) => progress(setUpSteps + done, total, 'calls'), signal);
      if (signal.aborted) throw new LastgoodError('interrupted', 'the bench was stopped by Ctrl-C');
      const notStarted = report.placed - (report.startMs?.count ?? 0);
      return [
        targetRow('session start, p95', 'ms', report.startMs?.p95 ?? Number.NaN, '<=', 500),
        reportedRow('session start, p50', 'ms', report.startMs?.p50 ?? Number.NaN),
        reportedRow('session start, p99', 'ms', report.startMs?.p99 ?? Number.NaN),
        targetRow('calls that did not start', 'calls', notStarted, '<=', 0),
        targetRow('calls placed', 'calls', report.placed, '>=', callsPerSecond * seconds),
        reportedRow('callers behind real time, worst frame', 'ms', report.worstFrameLatenessMs),
      ];
    } finally {
      await live.close();
    }
  },
};
