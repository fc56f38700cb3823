import { placeCalls } from '#callers/place-calls.ts';
import type { CallReport } from '#callers/report.ts';
import type { Scenario } from '#callers/scenario.ts';
import type { Speech } from '#callers/speech.ts';
import { orgSessions } from '#cli/org/org-sessions.ts';
import { monotonicClock } from '#core/clock.ts';
import { serviceOf } from '#core/org/services.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import { reportedRow, type Row, targetRow } from '../harness.ts';
import type { Live } from './bring-up.ts';
import { production } from './promote.ts';

const maxCallsAtOnce = 300;

/** Callers of one service who keep ringing, evenly spaced, until they are stopped. */
export interface Load {
  /** Places no more, and waits for the end of the live calls. */
  stop(): Promise<CallReport>;
}

export interface LoadOptions {
  readonly service: string;
  /** New calls per second. */
  readonly rate: number;
  readonly scenario: Scenario;
  readonly speech: Speech;
}

export const startLoad = ({ access, signal }: Live, { service, rate, scenario, speech }: LoadOptions): Load => {
  const last = new AbortController();
  const calls = placeCalls({
    openSession: orgSessions(access, monotonicClock, { service: serviceOf(access.org, service) }),
    clock: monotonicClock,
    random: Math.random,
    scenarios: [scenario],
    rate,
    concurrency: maxCallsAtOnce,
    signal,
    lastCall: last.signal,
    speech,
  });
  // Awaited by `stop`; a failure before that must not end the process.
  calls.catch(() => {});
  return {
    stop: () => {
      last.abort();
      return calls;
    },
  };
};

/** How the load fared: rows that must hold for the others to mean anything. Refused and dropped calls tell why on stderr. */
export const loadRows = ({ placed, dropped, outcomes, startMs, calls }: CallReport): readonly Row[] => {
  const lost = calls.filter(({ outcome }) => outcome === 'refused' || outcome === 'dropped');
  for (const line of new Set(lost.map(({ outcome, end }) => `${outcome}: ${end}`))) process.stderr.write(`${line}\n`);
  return [
    reportedRow('calls placed', 'calls', placed),
    targetRow('calls dropped', 'calls', dropped, '<=', 0),
    targetRow('calls refused', 'calls', outcomes.refused, '<=', 0),
    reportedRow('session start under this load, p95', 'ms', startMs?.p95 ?? Number.NaN),
  ];
};

/** Sessions of a service on `release` that started since then, in the order of their start. */
export const sessionsSince = async (
  { access }: Live,
  service: string,
  from: Date,
): Promise<readonly SessionRecord[]> => {
  const records: SessionRecord[] = [];
  for await (const record of access.sessions.listByService(serviceOf(access.org, service), production, { from }))
    if (!record.assignment.probe) records.push(record);
  return records;
};
