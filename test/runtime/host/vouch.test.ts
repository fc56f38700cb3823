import { describe, expect, test } from 'vitest';
import { createAnalysis } from '#core/canary/analysis.ts';
import { outcomeOfSession } from '#core/promotion/outcome-of-session.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { memorySessionStore } from '#memory/session-store.ts';
import { throttled } from '#memory/wire.ts';
import { vouchAtWindow } from '#runtime/host/vouch.ts';
import { SessionSpool } from '#runtime/session-spool.ts';
import { promotion } from '../../core/version-set/build.ts';
import { aPlan, aSession, startMs } from '../../operations/fake-org.ts';
import { memoryLog } from '../support/fakes.ts';

const minute = 60_000;
const plan = aPlan({ outcomeWindowMinutes: 10, evidenceDeadlineMinutes: 60 });
const { assignment, ...rest } = aSession({ index: 0, arm: 'candidate', open: true });
const record = { ...rest, assignment: { ...assignment, outcomeWindowSeconds: 600 } };
const { sessionId } = assignment;
const result = { endedAt: '', outcome: 'failed', costUsd: 0.4, turns: 90, slowTurns: 0 } as const;

describe('a call of 40 minutes', () => {
  const begin = async (refused: (atMs: number) => boolean = () => false) => {
    const clock = new ManualClock(startMs);
    const { log, lines } = memoryLog(clock.now);
    let vouches = 0;
    const store = memorySessionStore({
      clock,
      wire: {
        before: async (operation) => {
          if (operation.kind !== 'write' || operation.key !== sessionId || clock.now() === startMs) return;
          vouches += 1;
          if (refused(clock.now() - startMs)) throw throttled(operation);
        },
      },
    });
    const sessions = new SessionSpool({ clock, log, sessions: store });
    await sessions.open(record);
    const end = vouchAtWindow(record.assignment, { clock, log, sessions });
    /** What the canary's analysis makes of the record now. */
    const judged = async () => {
      const stored = await store.get(sessionId);
      const call = stored && outcomeOfSession(stored, promotion('p'));
      const analysis = createAnalysis(plan, { sinceMs: startMs });
      if (call) analysis.observe(call);
      const { metrics, missing } = analysis.verdict(clock.now());
      const { n, bad } = metrics.errorRate.candidate;
      return { measured: n, bad, unknown: missing.candidateCalls };
    };
    return { clock, store, lines, end, judged, vouches: () => vouches };
  };

  test('is alive at W, because its host says so once, and not bad when it fails later', async () => {
    const { clock, store, end, judged, vouches } = await begin();
    await clock.advance(10 * minute - 1);
    expect((await store.get(sessionId))?.aliveUntil).toBeUndefined();
    await clock.advance(5_001);
    expect(await judged()).toEqual({ measured: 1, bad: 0, unknown: 0 });
    await clock.advance(30 * minute);
    expect(vouches()).toBe(1);
    end();
    await store.close(sessionId, { ...result, endedAt: new Date(clock.now()).toISOString() });
    expect(await judged()).toEqual({ measured: 1, bad: 0, unknown: 0 });
  });

  test('is alive at W even when its host is lost after it', async () => {
    const { clock, store, judged } = await begin();
    await clock.advance(30 * minute);
    await store.close(sessionId, { ...result, endedAt: new Date(clock.now()).toISOString(), lost: 'after-hand-over' });
    expect(await judged()).toEqual({ measured: 1, bad: 0, unknown: 0 });
  });

  test('is unknown when nobody says anything at W', async () => {
    const { clock, end, judged, vouches } = await begin();
    await clock.advance(5 * minute);
    end();
    await clock.advance(6 * minute);
    expect(vouches()).toBe(0);
    expect(await judged()).toEqual({ measured: 0, bad: 0, unknown: 1 });
  });

  test('is vouched for again while the table refuses, for four seconds', async () => {
    const { clock, judged, vouches } = await begin((atMs) => atMs < 10 * minute + 3_000);
    await clock.advance(11 * minute);
    expect(vouches()).toBe(4);
    expect(await judged()).toEqual({ measured: 1, bad: 0, unknown: 0 });
  });

  test('is not vouched for any more when a late word could change what was decided', async () => {
    const { clock, lines, judged, vouches } = await begin(() => true);
    await clock.advance(20 * minute);
    expect(vouches()).toBe(5);
    expect(lines.filter(({ event }) => event === 'call-not-vouched-for')).toHaveLength(1);
    expect(await judged()).toEqual({ measured: 0, bad: 0, unknown: 1 });
  });
});
