import Table from 'cli-table3';
import { build } from 'hdr-histogram-js';
import type { CallResult } from './line.ts';
import type { SeenOutcome } from './outcome.ts';

/** Of measurements in ms; undefined where nothing was measured: zero would be a good result. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What the callers of a run saw. */
export interface CallReport {
  readonly placed: number;
  readonly outcomes: Readonly<Record<SeenOutcome, number>>;
  readonly dropped: number;
  /** Calls that ended otherwise than their scenario expects. */
  readonly unexpected: number;
  readonly seconds: number;
  readonly startMs: Percentiles | undefined;
  readonly turnLatencyMs: Percentiles | undefined;
  readonly interruptionMs: Percentiles | undefined;
  /** The callers' own worst lateness: much above a frame, this machine did not keep real time, and latencies are its fault. */
  readonly worstFrameLatenessMs: number;
  readonly calls: readonly CallResult[];
}

/** Three frames: what a phone network's own jitter hides. */
const tolerableLatenessMs = 60;

/** Kept to three significant digits, in steps of a microsecond up to an hour. */
export const percentilesOf = (values: readonly number[]): Percentiles | undefined => {
  if (values.length === 0) return undefined;
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 3_600_000_000,
    numberOfSignificantValueDigits: 3,
  });
  for (const value of values) histogram.recordValue(Math.max(1, Math.round(value * 1000)));
  const at = (percentile: number): number => Math.round(histogram.getValueAtPercentile(percentile) / 100) / 10;
  return { count: values.length, p50: at(50), p95: at(95), p99: at(99), max: at(100) };
};

export const reportOf = (calls: readonly CallResult[], seconds: number, worstFrameLatenessMs: number): CallReport => {
  const outcomes: Record<SeenOutcome, number> = {
    completed: 0,
    failed: 0,
    escalated: 0,
    abandoned: 0,
    dropped: 0,
    refused: 0,
  };
  for (const call of calls) outcomes[call.outcome] += 1;
  return {
    placed: calls.length,
    outcomes,
    dropped: outcomes.dropped,
    unexpected: calls.filter((call) => call.asExpected === false).length,
    seconds,
    startMs: percentilesOf(calls.flatMap((call) => call.startMs ?? [])),
    turnLatencyMs: percentilesOf(calls.flatMap((call) => call.turnLatencyMs)),
    interruptionMs: percentilesOf(calls.flatMap((call) => call.interruptionMs)),
    worstFrameLatenessMs: Math.round(worstFrameLatenessMs * 10) / 10,
    calls,
  };
};

/** The report for people; calls that were dropped, refused or unexpected stand below it with their end. */
export const reportText = (report: CallReport): string => {
  const counts = Object.entries(report.outcomes).filter(([, count]) => count > 0);
  const strange = report.calls.filter(
    (call) => call.dropped || call.outcome === 'refused' || call.asExpected === false || call.problems.length > 0,
  );
  const shown = strange.slice(0, 20).map((call) => {
    const session = call.sessionId ?? 'no session';
    return `  ${session} ${call.scenario}: ${call.outcome}, ${[call.end, ...call.problems].join('; ')}`;
  });
  return [
    `${report.placed} calls in ${report.seconds.toFixed(1)} s: ` +
      (counts.map(([outcome, count]) => `${count} ${outcome}`).join(', ') || 'none placed'),
    plainTable(
      ['ms', 'measured', 'p50', 'p95', 'p99', 'max'],
      [
        latencyRow('start (upgrade to first audio)', report.startMs),
        latencyRow('turn latency', report.turnLatencyMs),
        latencyRow('interruption to silence', report.interruptionMs),
      ],
    ),
    ...(report.worstFrameLatenessMs > tolerableLatenessMs
      ? [`callers were up to ${report.worstFrameLatenessMs} ms late: this machine did not keep real time`]
      : []),
    ...(shown.length > 0 ? ['Not as it should be:', ...shown] : []),
    ...(strange.length > shown.length ? [`  and ${strange.length - shown.length} more`] : []),
  ].join('\n');
};

const plainTable = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const table = new Table({ head: [...head], style: { head: [], border: [] } });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
};

const latencyRow = (name: string, values: Percentiles | undefined): readonly string[] =>
  values === undefined
    ? [name, '0', '', '', '', '']
    : [name, ...[values.count, values.p50, values.p95, values.p99, values.max].map(String)];
