import { describe, expect, test } from 'vitest';
import { digestOf } from '#core/words/digest.ts';
import type { SessionAssignment, SessionResult } from '#core/session/session-record.ts';
import type { FromAgent, ToAgent } from '#runtime/agent/ipc.ts';
import type { AgentProcess, Exit } from '#runtime/host/agent-process.ts';
import { superviseCall, type SuperviseOptions } from '#runtime/host/supervise-call.ts';
import { FakeArtifacts, FakeSessions, memoryLog } from '../support/fakes.ts';
import { promotionId, releaseA } from '../support/heads.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { SessionId } from '#core/words/ids.ts';
import { aSession } from '../../operations/fake-org.ts';

const session = aSession({ index: 1, open: true });
const assignment: SessionAssignment = {
  ...session.assignment,
  sessionId: SessionId.parse('session-0001'),
  arm: 'candidate',
  release: releaseA,
  promotionId,
  weightPercent: 5,
};

const result: SessionResult = {
  endedAt: '2026-01-05T09:00:00.000Z',
  outcome: 'completed',
  costUsd: 0,
  turns: 1,
  slowTurns: 0,
};

const setUp = (changes: Partial<SuperviseOptions> = {}) => {
  const clock = new ManualClock();
  const sessions = new FakeSessions();
  const artifacts = new FakeArtifacts();
  const { log } = memoryLog(clock.now);
  const exited = Promise.withResolvers<Exit>();
  const finished = Promise.withResolvers<Extract<FromAgent, { type: 'result' }>>();
  const sent: ToAgent['type'][] = [];
  const counted: string[] = [];
  const process: AgentProcess = {
    pid: 1,
    ready: Promise.resolve(),
    exited: exited.promise,
    result: finished.promise,
    lease: async () => true,
    send: ({ type }) => {
      sent.push(type);
      if (type === 'drop') exited.resolve({ code: 0, signal: null });
    },
    kill: () => exited.resolve({ code: null, signal: 'SIGKILL' }),
  };
  const options: SuperviseOptions = {
    clock,
    log,
    sessions,
    configs: { resolve: async () => ({ overlayVersion: 2, configDigest: 'd' }) as never },
    artifacts,
    hostId: 'host-1',
    maxSessionSeconds: 60,
    maxMemoryBytes: 100,
    memoryOf: async () => 50,
    onStarted: () => counted.push('started'),
    onEnded: (_, { outcome }) => counted.push(outcome),
    ...changes,
  };
  const over = superviseCall(process, assignment, options);
  return {
    clock,
    sessions,
    artifacts,
    process,
    exited,
    finished,
    sent,
    counted,
    over,
    record: () => sessions.records.peek('session-0001'),
  };
};

describe('supervising a call', () => {
  test('the start row is written before the agent may send its first frame', async () => {
    const at = setUp();
    await at.clock.advance(0);
    expect(at.record()).toMatchObject({ hostId: 'host-1', overlayVersion: 2, countsInTest: true });
    expect(at.sent).toEqual(['start']);
    at.finished.resolve({ type: 'result', result, transcript: '' });
    at.exited.resolve({ code: 0, signal: null });
    await at.over;
    expect(at.record()?.result).toMatchObject(result);
    expect(at.counted).toEqual(['started', 'completed']);
  });

  test('a process that dies without a result has failed', async () => {
    const at = setUp();
    await at.clock.advance(0);
    at.exited.resolve({ code: null, signal: 'SIGSEGV' });
    await at.over;
    expect(at.record()?.result).toMatchObject({ outcome: 'failed', errorClass: 'process' });
    expect(at.record()?.result?.errorDetail).toContain('SIGSEGV');
  });

  test('a process that uses too much memory is ended, and its record says so (V7)', async () => {
    const at = setUp({ memoryOf: async () => 300 * 1_048_576, maxMemoryBytes: 200 * 1_048_576 });
    await at.clock.advance(0);
    await at.over;
    expect(at.record()?.result?.errorDetail).toBe('the agent process used 300 MB of memory; it may use 200 MB');
  });

  test('a process that talks on after its cap and goodbye is ended', async () => {
    const at = setUp();
    await at.clock.advance(89_999);
    expect(at.record()?.result).toBeUndefined();
    await at.clock.advance(1);
    await at.over;
    expect(at.record()?.result?.errorDetail).toBe('the call went on after its cap of 60 s');
  });

  test('a process that stays after its call is gone within five seconds (V3)', async () => {
    const at = setUp();
    await at.clock.advance(0);
    at.finished.resolve({ type: 'result', result, transcript: '' });
    await at.clock.advance(5_000);
    await at.over;
    expect((await at.process.exited).signal).toBe('SIGKILL');
  });

  test('a session that runs elsewhere is dropped without touching its record', async () => {
    const at = setUp();
    await at.sessions.open({ ...session, assignment, hostId: 'other' });
    await at.over;
    expect(at.sent).toEqual(['drop']);
    expect(at.record()).toMatchObject({ hostId: 'other', overlayVersion: session.overlayVersion });
    expect(at.counted).toEqual([]);
  });

  test('a call whose configuration cannot be had is a recorded failure, not a gap', async () => {
    const at = setUp({ configs: { resolve: () => Promise.reject(new Error('overlay refused')) } });
    await at.over;
    expect(at.sent).toEqual(['drop']);
    expect(at.record()?.result).toMatchObject({ outcome: 'failed', errorClass: 'platform' });
    expect(at.counted).toEqual(['started', 'failed']);
  });

  test('a transcript is kept under its digest, and the record names it', async () => {
    const at = setUp();
    await at.clock.advance(0);
    at.finished.resolve({ type: 'result', result, transcript: 'caller: hello' });
    at.exited.resolve({ code: 0, signal: null });
    await at.over;
    const transcript = digestOf('caller: hello');
    expect(at.record()?.result).toMatchObject({ ...result, transcript });
    expect(at.artifacts.mediaTypes.get(transcript)).toBe('text/plain; charset=utf-8');
  });

  test('a transcript that cannot be stored does not cost the result', async () => {
    const at = setUp();
    at.artifacts.down = true;
    await at.clock.advance(0);
    at.finished.resolve({ type: 'result', result, transcript: 'caller: hello' });
    at.exited.resolve({ code: 0, signal: null });
    await at.over;
    expect(at.record()?.result).toMatchObject(result);
  });
});
