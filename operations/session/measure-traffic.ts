import type { Clock } from '#core/clock.ts';
import { type CallRecords, isMalformed } from '#core/session/call-records.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';

export interface MeasureTrafficPorts {
  readonly calls: CallRecords;
  readonly clock: Clock;
}

/** What the last ten minutes show; whatever is missing they were too few calls for. */
export interface MeasuredTraffic {
  readonly callsPerMinute?: number;
  /** One call in a hundred is longer than this, at least. */
  readonly p99CallMinutes?: number;
}

const lookBackMinutes = 10;
const leastMinutes = 5;
const leastEnded = 100;
/** More calls than this would not change a forecast. */
const maxCalls = 20_000;

/** Calls that started per minute, and how long those were that ended. */
export const measureTraffic =
  (ports: MeasureTrafficPorts) =>
  async (service: ServiceName, set: SetName): Promise<MeasuredTraffic> => {
    const nowMs = ports.clock.now();
    const from = new Date(nowMs - lookBackMinutes * 60_000);
    const callsPerMinute = rateOf(await startsOf(ports.calls.started(service, set, from)), nowMs);
    const p99CallMinutes = p99Of(await lengthsOf(ports.calls.changed(service, set, from)));
    return {
      ...(callsPerMinute !== undefined && { callsPerMinute }),
      ...(p99CallMinutes !== undefined && { p99CallMinutes }),
    };
  };

const startsOf = async (calls: ReturnType<CallRecords['started']>): Promise<readonly number[]> => {
  const starts: number[] = [];
  for await (const call of calls) {
    if (isMalformed(call) || call.assignment.probe) continue;
    starts.push(Date.parse(call.assignment.startedAt));
    if (starts.length >= maxCalls) break;
  }
  return starts;
};

/** @returns undefined when the first call is younger than five minutes: the beginning of traffic is no measure of it */
const rateOf = (starts: readonly number[], nowMs: number): number | undefined => {
  const [firstMs] = starts;
  if (firstMs === undefined || nowMs - firstMs < leastMinutes * 60_000) return undefined;
  const untilMs = starts.length < maxCalls ? nowMs : (starts.at(-1) ?? nowMs);
  return starts.length / (Math.max(1, untilMs - firstMs) / 60_000);
};

/** In minutes. Calls are found by their end, so the long ones are not missed. */
const lengthsOf = async (calls: ReturnType<CallRecords['changed']>): Promise<readonly number[]> => {
  const lengths: number[] = [];
  for await (const call of calls) {
    if (isMalformed(call) || call.assignment.probe || call.result === undefined || call.result.lost) continue;
    lengths.push((Date.parse(call.result.endedAt) - Date.parse(call.assignment.startedAt)) / 60_000);
    if (lengths.length >= maxCalls) break;
  }
  return lengths;
};

/** The lower end of what the 99th percentile may be, two standard deviations down: chance refuses no plan. */
const p99Of = (lengths: readonly number[]): number | undefined => {
  const count = lengths.length;
  if (count < leastEnded) return undefined;
  const rank = Math.floor(0.99 * count - 2 * Math.sqrt(0.01 * 0.99 * count));
  return lengths.toSorted((one, other) => one - other)[rank - 1];
};
