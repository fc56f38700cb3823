import type { Clock } from '#core/clock.ts';
import { createSpeech } from '#callers/speech.ts';
import { orgSessions } from '../org/org-sessions.ts';
import { placeCalls } from '#callers/place-calls.ts';
import type { CallResult } from '#callers/line.ts';
import type { Scenario } from '#callers/scenario.ts';
import { percentilesOf } from '#callers/report.ts';
import type { OrgAccess } from '../org/org-access.ts';
import type { ServiceName } from '#core/words/names.ts';
import type { TourReport } from './report.ts';

/** Callers of several orgs at once, who keep coming until they are stopped. */
export interface TourTraffic {
  /** Calls over so far, of all orgs. */
  readonly ended: readonly CallResult[];
  /** Resolves when the first call was answered with speech. */
  readonly firstAnswer: Promise<void>;
  /** Places no more calls and waits for those that are live. */
  stop(): Promise<void>;
}

export interface TrafficOf {
  readonly access: OrgAccess;
  readonly service: ServiceName;
  /** New calls per second. */
  readonly rate: number;
}

const maxConcurrentCalls = 40;

export const startTraffic = (
  orgs: readonly TrafficOf[],
  scenarios: readonly Scenario[],
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): TourTraffic => {
  const speech = createSpeech();
  const ended: CallResult[] = [];
  const lastCall = new AbortController();
  const answered = Promise.withResolvers<void>();
  const runs = orgs.map(({ access, service, rate }) =>
    placeCalls({
      openSession: orgSessions(access, clock, { service }),
      clock,
      random: Math.random,
      scenarios,
      rate,
      concurrency: maxConcurrentCalls,
      signal,
      lastCall: lastCall.signal,
      speech,
      onCall: (call) => {
        ended.push(call);
        if (call.startMs !== undefined) answered.resolve();
      },
    }),
  );
  const all = Promise.all(runs).finally(() => speech.close());
  // The tour ends when its callers cannot go on; whoever waits for the first answer hears of it.
  all.then(
    () => answered.resolve(),
    (error: unknown) => answered.reject(error),
  );
  answered.promise.catch(() => undefined);
  return {
    ended,
    firstAnswer: answered.promise,
    stop: async () => {
      lastCall.abort();
      await all;
    },
  };
};

/** Counts of the report. A caller who was refused or cut is no completed call, whatever the agent thinks. */
export const countCalls = (ended: readonly CallResult[]): TourReport['calls'] => {
  const counts = { placed: ended.length, completed: 0, failed: 0, dropped: 0 };
  for (const { outcome } of ended) {
    if (outcome === 'dropped') counts.dropped += 1;
    else if (outcome === 'failed' || outcome === 'refused') counts.failed += 1;
    else counts.completed += 1;
  }
  return counts;
};

export const sessionStarts = (ended: readonly CallResult[]): TourReport['sessionStartMs'] => {
  const measured = percentilesOf(ended.flatMap(({ startMs }) => startMs ?? []));
  return measured === undefined
    ? { p50: Number.NaN, p95: Number.NaN, p99: Number.NaN }
    : { p50: measured.p50, p95: measured.p95, p99: measured.p99 };
};
