import type { Analysis } from '#core/canary/analysis.ts';
import type { Clock } from '#core/clock.ts';
import type { Log } from '#core/log.ts';
import { isOpenedLate, outcomeOfSession, outcomesOfMalformed } from '#core/promotion/outcome-of-session.ts';
import { type CallRecord, isMalformed, type ReadCall } from '#core/session/call-records.ts';
import type { Comparison } from './comparison.ts';

/** Takes records of calls into an analysis, and keeps count of those that it cannot take as they are. */
export interface Observer {
  observe(read: ReadCall): void;
  /** Logs what was not taken since the last time; silent when there is nothing new. */
  report(): void;
  /** Some records carry no moment of writing: an earlier version of Lastgood wrote them. */
  sawUnstamped(): boolean;
}

/** Clocks of one platform differ by less. */
const mostSkewMs = 5_000;
/** Records that are told apart in the log; beyond them the same one may be told twice. */
const mostNoted = 10_000;

/** `malformed` counts as unknown. `future` waits until its time has come. `late` was written so late that no judge counts it. */
type Oddity = 'malformed' | 'future' | 'late';

export const observeCalls = (
  { clock, log }: { readonly clock: Pick<Clock, 'now'>; readonly log: Log },
  { id, startedAt, sides }: Comparison,
  analysis: Analysis,
): Observer => {
  const noted = new Set<string>();
  let news: Partial<Record<Oddity, string[]>> = {};
  let isUnstamped = false;
  const note = (oddity: Oddity, sessionId: string): void => {
    const key = `${oddity} ${sessionId}`;
    if (noted.has(key)) return;
    if (noted.size >= mostNoted) noted.clear();
    noted.add(key);
    (news[oddity] ??= []).push(sessionId);
  };
  const take = (record: CallRecord): void => {
    const { sessionId, startedAt: callAt } = record.assignment;
    const call = outcomeOfSession(record, id, sides);
    if (call === undefined || callAt < startedAt) return;
    if (isOpenedLate(record)) return note('late', sessionId);
    const latestMs = clock.now() + mostSkewMs;
    if (Date.parse(record.result?.endedAt ?? callAt) > latestMs) note('future', sessionId);
    if (record.openedAt === undefined) isUnstamped = true;
    if (Date.parse(callAt) <= latestMs) analysis.observe(call);
    else note('future', sessionId);
  };
  return {
    observe(read) {
      if (!isMalformed(read)) return take(read);
      if (read.startedAt < startedAt) return;
      note('malformed', read.sessionId);
      for (const call of outcomesOfMalformed(read, id, sides)) analysis.observe(call);
    },
    report() {
      for (const [oddity, sessions] of Object.entries(news))
        log.warn(`calls-${oddity}`, { trace_id: id, count: sessions.length, sessions: sessions.slice(0, 5) });
      news = {};
    },
    sawUnstamped: () => isUnstamped,
  };
};
