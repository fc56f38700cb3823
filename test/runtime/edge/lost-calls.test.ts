import { describe, expect, test } from 'vitest';
import { metricNames } from '#core/org/resource-names.ts';
import { type SessionAssignment } from '#core/session/session-record.ts';
import { digestOf } from '#core/words/digest.ts';
import { SessionId, TraceId } from '#core/words/ids.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { type LostCall, recordLostCalls } from '#runtime/edge/lost-calls.ts';
import { RefusalCounts } from '#runtime/edge/refusal-counts.ts';
import { FakeSessions, memoryLog } from '../support/fakes.ts';
import { customerId, promotionId, releaseB, service, set } from '../support/heads.ts';

const lostCall = (index: number, changes: Partial<SessionAssignment> = {}): LostCall => ({
  assignment: {
    sessionId: SessionId.parse(`session-${index}-lost`),
    traceId: TraceId.parse('0'.repeat(32)),
    service,
    set,
    customerId,
    callerHash: digestOf(`caller ${index}`),
    channel: 'phone',
    arm: 'candidate',
    release: releaseB,
    promotionId,
    weightPercent: 5,
    probe: false,
    startedAt: '2026-01-05T09:00:00.000Z',
    ...changes,
  },
  reason: 'busy',
  served: true,
});

const setUp = () => {
  const clock = new ManualClock();
  const sessions = new FakeSessions();
  const { log, lines } = memoryLog(clock.now);
  return { sessions, lines, record: recordLostCalls({ sessions, clock, log, writer: 'edge:one' }) };
};

describe('a call lost before hand-over', () => {
  test('has a whole record under its draw', async () => {
    const { sessions, record } = setUp();
    await record(lostCall(1));
    expect(sessions.records.peek('session-1-lost')).toMatchObject({
      assignment: { arm: 'candidate', promotionId },
      hostId: 'edge:one',
      countsInTest: true,
      result: { lost: 'before-hand-over', errorDetail: 'no release had the call: busy' },
    });
  });

  test('counts once for a caller who rings again', async () => {
    const { sessions, record } = setUp();
    await record(lostCall(1));
    await record(lostCall(2, { callerHash: digestOf('caller 1') }));
    expect(sessions.records.peek('session-2-lost')).toBeUndefined();
  });

  test('leaves no record while nothing is compared', async () => {
    const { sessions, record } = setUp();
    const { promotionId: _none, ...assignment } = lostCall(1).assignment;
    await record({ ...lostCall(1), assignment: { ...assignment, arm: 'stable' } });
    expect(sessions.records.peek('session-1-lost')).toBeUndefined();
  });

  test('invariant 11: of a storm of refusals so many are recorded at once, and the log says that there were more', async () => {
    const { sessions, lines, record } = setUp();
    await Promise.all(Array.from({ length: 130 }, (_, index) => record(lostCall(index))));
    expect(sessions.records.all()).toHaveLength(100);
    expect(lines.filter(({ event }) => event === 'loss-not-recorded')).toHaveLength(30);
    await record(lostCall(200));
    expect(sessions.records.peek('session-200-lost')).toBeDefined();
  });

  test('is told to the log when the table cannot be reached', async () => {
    const { sessions, lines, record } = setUp();
    sessions.down = true;
    await record(lostCall(1));
    expect(lines.map(({ event }) => event)).toEqual(['loss-not-recorded']);
  });
});

describe('counts of refusals', () => {
  const dimensions = (reason: string) => ({ Service: service, Arm: 'candidate', Reason: reason });

  test('are per arm and reason, and per service for those whom nobody served', () => {
    const counts = new RefusalCounts([service]);
    for (const index of [1, 2]) counts.count({ ...lostCall(index), served: index === 1 });
    counts.count({ ...lostCall(3), reason: 'gone', served: false });
    expect(counts.take()).toEqual([
      { name: metricNames.callsRefused, dimensions: dimensions('busy'), value: 2 },
      { name: metricNames.callsRefused, dimensions: dimensions('gone'), value: 1 },
      { name: metricNames.callsRefused, dimensions: { Service: service }, value: 1 },
    ]);
  });

  test('are plain: what was published is not published again', () => {
    const counts = new RefusalCounts([service]);
    counts.count(lostCall(1));
    counts.take();
    expect(counts.take()).toEqual([{ name: metricNames.callsRefused, dimensions: { Service: service }, value: 0 }]);
  });
});
