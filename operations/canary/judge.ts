import { isDeepStrictEqual } from 'node:util';
import { type Analysis, createAnalysis, type Place } from '#core/canary/analysis.ts';
import type { JudgeStateStore, KeptState } from '#core/canary/judge-state-store.ts';
import { restoreAnalysis, saveAnalysis } from '#core/canary/saved-analysis.ts';
import type { Verdict } from '#core/canary/verdict.ts';
import type { Clock } from '#core/clock.ts';
import type { Log } from '#core/log.ts';
import type { CallRecord, CallRecords, ReadCall } from '#core/session/call-records.ts';
import type { PromotionId } from '#core/words/ids.ts';
import type { Comparison } from './comparison.ts';
import { type Observer, observeCalls } from './observe-calls.ts';

export interface JudgePorts {
  readonly calls: CallRecords;
  readonly judgeStates: JudgeStateStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** What asks for a judgement: outcomes that the stream brought, or somebody who needs to know now. */
export type Trigger =
  { readonly kind: 'outcomes'; readonly changes: readonly CallRecord[] } | { readonly kind: 'alarm' | 'look' };

export interface Judgement {
  readonly verdict: Verdict;
  readonly analysis: Analysis;
}

/** What other instances got from the stream comes in by reading, at most this often between the outcomes that come here. */
const freshMs = 1_000;
/** The indexes follow the table within about a second, and clocks of writers differ. */
const overlapMs = 3_000;
/** A write is in the indexes so long after its stamp at the latest. So far back is read again before settled calls are let go. */
const visibleMs = 20_000;
/** How often settled calls are let go, and what is known of them kept. */
const keepEveryMs = 60_000;
/** Comparisons that one process holds: an org has one per version set. */
const mostSeats = 50;

/** A comparison as this process holds it: nothing that the kept state and the records would not give again. */
interface Seat {
  readonly comparison: Comparison;
  readonly analysis: Analysis;
  readonly observer: Observer;
  /** Of the kept state. */
  version: number;
  /** The last call that was let go. */
  last: Place | null;
  /** When the records were last read, and when so far back that nothing can have been missed. Epoch milliseconds. */
  readMs: number;
  thoroughMs: number;
  /** The thorough reading after which the state was kept. */
  keptMs: number;
}

/** Who comes while another is served waits, and finds what that one read. */
interface Queue {
  readonly seat: Promise<Seat>;
  tail: Promise<unknown>;
}

/**
 * The one judge of two arms: whoever asks, the same calls give the same numbers. It goes on from the kept state of the comparison and
 * reads what is new and what is not settled; a process that has judged before reads only what is new. When the state cannot be read,
 * all is computed again from the records, with the same result.
 */
export const judge = (ports: JudgePorts) => {
  const queues = new Map<PromotionId, Queue>();
  const queueOf = (comparison: Comparison): Queue => {
    const { id } = comparison;
    const queue = queues.get(id) ?? { seat: openSeat(ports, comparison), tail: Promise.resolve() };
    queue.seat.catch(() => queues.get(id) === queue && queues.delete(id));
    // Whoever was asked for last is the last to go.
    queues.delete(id);
    queues.set(id, queue);
    const [oldest] = queues.keys();
    if (queues.size > mostSeats && oldest !== undefined) queues.delete(oldest);
    return queue;
  };
  return (comparison: Comparison, trigger: Trigger): Promise<Judgement> => {
    const queue = queueOf(comparison);
    const turn = queue.tail.then(async () => judgeNow(ports, await queue.seat, trigger));
    queue.tail = turn.catch(() => undefined);
    return turn;
  };
};

/** The analysis of a comparison as it stands, for who only looks on and keeps nothing. */
export const readAnalysis = async (ports: JudgePorts, comparison: Comparison): Promise<Analysis> =>
  (await openSeat(ports, comparison)).analysis;

const judgeNow = async (ports: JudgePorts, seat: Seat, trigger: Trigger): Promise<Judgement> => {
  const { analysis, observer } = seat;
  const nowMs = ports.clock.now();
  const isUrgent = trigger.kind !== 'outcomes';
  if (isUrgent || nowMs - seat.readMs >= freshMs) await readNew(ports, seat, nowMs);
  if (!isUrgent) for (const change of trigger.changes) observer.observe(change);
  let verdict = analysis.verdict(nowMs);
  if (verdict.verdict === 'abort' && seat.readMs < nowMs) {
    // Nobody is sent away on a part of what is known.
    await readNew(ports, seat, nowMs);
    verdict = analysis.verdict(nowMs);
  }
  observer.report();
  const isKept = seat.keptMs === seat.thoroughMs || nowMs - seat.thoroughMs >= visibleMs;
  // A flip is not kept waiting.
  if (verdict.verdict !== 'abort' && !isKept) await keepState(ports, seat);
  return { verdict, analysis };
};

const openSeat = async (ports: JudgePorts, comparison: Comparison): Promise<Seat> => {
  const nowMs = ports.clock.now();
  const { id, service, set, startedAt } = comparison;
  const kept = await ports.judgeStates.read(id);
  const analysis = restored(ports, comparison, kept) ?? createAnalysis(comparison.plan, optionsOf(comparison));
  const last = analysis.forget();
  const observer = observeCalls(ports, comparison, analysis);
  await observeAll(observer, ports.calls.started(service, set, new Date(last?.startedMs ?? startedAt)));
  const version = kept?.version ?? 0;
  return { comparison, analysis, observer, version, last, readMs: nowMs, thoroughMs: nowMs, keptMs: 0 };
};

/** Callers are claimed once, with the start of their call. */
const optionsOf = ({ baseline, startedAt }: Comparison) => ({
  baseline,
  distinctCallers: true,
  sinceMs: Date.parse(startedAt),
});

/** @returns undefined when nothing is kept, or nothing that this version can go on from */
const restored = ({ log }: JudgePorts, comparison: Comparison, kept: KeptState | undefined): Analysis | undefined => {
  if (kept === undefined) return undefined;
  const recompute = (reason: string) => log.warn('judge-state-recomputed', { trace_id: comparison.id, reason });
  try {
    const analysis = restoreAnalysis(kept.state);
    const { plan, options } = analysis.state();
    if (isDeepStrictEqual({ plan, options }, { plan: comparison.plan, options: optionsOf(comparison) }))
      return analysis;
    recompute('it was kept under another plan or baseline');
  } catch (error) {
    recompute(error instanceof Error ? error.message : String(error));
  }
  return undefined;
};

/** What started, ended or was vouched for since the last reading. */
const readNew = async ({ calls }: JudgePorts, seat: Seat, nowMs: number): Promise<void> => {
  const { observer, comparison, last } = seat;
  const { service, set } = comparison;
  const isThorough = nowMs - seat.thoroughMs >= keepEveryMs;
  const sinceMs = isThorough ? seat.thoroughMs - visibleMs : seat.readMs - overlapMs;
  // Records without stamps are in no order of changes: everything that is not settled is read again.
  if (observer.sawUnstamped())
    await observeAll(observer, calls.started(service, set, new Date(last?.startedMs ?? comparison.startedAt)));
  await observeAll(observer, calls.changed(service, set, new Date(sinceMs)));
  seat.readMs = nowMs;
  if (isThorough) seat.thoroughMs = nowMs;
};

const observeAll = async (observer: Observer, reading: AsyncIterable<ReadCall>): Promise<void> => {
  for await (const read of reading) observer.observe(read);
};

/**
 * Lets settled calls go, soon after a thorough reading, and keeps what is known of them. Of two judges that do so at once one wins, and
 * the other goes on from that one's version. What cannot be kept has to be read again by the next process.
 */
const keepState = async ({ judgeStates, log }: JudgePorts, seat: Seat): Promise<void> => {
  const { id } = seat.comparison;
  const state = saveAnalysis(seat.analysis, 'leave-out');
  seat.keptMs = seat.thoroughMs;
  if (isDeepStrictEqual(state.last, seat.last)) return;
  seat.last = state.last;
  try {
    if (await judgeStates.keep(id, state, seat.version)) seat.version += 1;
    else seat.version = (await judgeStates.read(id))?.version ?? 0;
  } catch (error) {
    log.warn('judge-state-not-kept', { trace_id: id, error: error instanceof Error ? error : String(error) });
  }
};
