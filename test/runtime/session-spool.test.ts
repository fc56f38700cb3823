import { describe, expect, test } from 'vitest';
import type { SessionRecord, SessionResult } from '#core/session/session-record.ts';
import { SessionId } from '#core/words/ids.ts';
import { SessionSpool } from '#runtime/session-spool.ts';
import { FakeSessions, memoryLog } from './support/fakes.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { memorySessionStore } from '#memory/session-store.ts';
import { throttled } from '#memory/wire.ts';
import { aSession } from '../operations/fake-org.ts';

const record = (name: string): SessionRecord => {
  const session = aSession({ index: 1, open: true });
  return { ...session, assignment: { ...session.assignment, sessionId: SessionId.parse(`session-${name}`) } };
};

const result: SessionResult = {
  endedAt: '2026-01-05T09:00:00.000Z',
  outcome: 'completed',
  costUsd: 0,
  turns: 1,
  slowTurns: 0,
};

const setUp = () => {
  const clock = new ManualClock();
  const sessions = new FakeSessions();
  const { log, lines } = memoryLog(clock.now);
  const spool = new SessionSpool({ clock, sessions, log });
  spool.start();
  return { clock, sessions, spool, lines };
};

describe('the spool of session records', () => {
  test('calls go on while the table is down, and their rows follow in order', async () => {
    const { clock, sessions, spool } = setUp();
    sessions.down = true;
    expect(await spool.open(record('one'))).toBe(true);
    await spool.close('session-one', result);
    expect(spool.depth).toBe(2);
    await clock.advance(5_000);
    expect(sessions.records.all().length).toBe(0);
    sessions.down = false;
    await clock.advance(1_000);
    expect(sessions.records.peek('session-one')?.result).toMatchObject(result);
    expect(spool.depth).toBe(0);
  });

  test('a result never overtakes its own start row', async () => {
    const { clock, sessions, spool } = setUp();
    sessions.down = true;
    await spool.open(record('one'));
    sessions.down = false;
    await spool.close('session-one', result);
    expect(spool.depth).toBe(2);
    await clock.advance(1_000);
    expect(sessions.records.peek('session-one')?.result).toMatchObject(result);
  });

  test('a session that another host runs is refused', async () => {
    const { sessions, spool } = setUp();
    await sessions.open({ ...record('one'), hostId: 'other' });
    expect(await spool.open(record('one'))).toBe(false);
  });

  test('a claim that cannot be made keeps the call out of the test', async () => {
    const { sessions, spool } = setUp();
    sessions.down = true;
    expect(await spool.claimFirstCall('p', 'caller', 'session-one')).toBe(false);
    sessions.down = false;
    expect(await spool.claimFirstCall('p', 'caller', 'session-one')).toBe(true);
  });

  test('invariant 11: a write that is given up while it is under way takes no other one with it', async () => {
    const { clock, sessions: fake } = setUp();
    const { log, lines } = memoryLog(clock.now);
    const underWay = Promise.withResolvers<boolean>();
    const answers: Promise<boolean>[] = [];
    const open = () => answers.shift() ?? Promise.reject(new Error('the table is down'));
    const spool = new SessionSpool({ clock, log, sessions: { ...fake, open } });
    for (let index = 0; index < 10_000; index += 1) await spool.open(record(`call-${index}`));
    answers.push(underWay.promise);
    const flushing = spool.flush();
    await spool.open(record('one-too-many'));
    underWay.resolve(true);
    await flushing;
    expect(lines.filter(({ event }) => event === 'session-write-lost')).toMatchObject([
      { session_id: 'session-call-0' },
    ]);
    expect(spool.depth).toBe(10_000);
  });

  test('what is still unwritten at the end stands in the log as a whole', async () => {
    const { clock, sessions, spool, lines } = setUp();
    sessions.down = true;
    await spool.close('session-one', result);
    const stopped = spool.stop();
    await clock.advance(2_000);
    await stopped;
    expect(lines.at(-1)).toMatchObject({
      event: 'session-write-lost',
      session_id: 'session-one',
      write: { kind: 'close', result },
    });
  });

  test('a record that the table can never take goes to the log at once and holds up nobody', async () => {
    const clock = new ManualClock();
    const outage = { isOn: true };
    const sessions = memorySessionStore({
      clock,
      wire: { before: (operation) => (outage.isOn ? Promise.reject(throttled(operation)) : Promise.resolve()) },
    });
    const { log, lines } = memoryLog(clock.now);
    const spool = new SessionSpool({ clock, sessions, log });
    spool.start();
    const good = aSession({ index: 1, open: true });
    await spool.open({ ...record('malformed'), overlayVersion: -1 });
    expect(spool.depth).toBe(0);
    await spool.open(good);
    await spool.close(good.assignment.sessionId, { ...result, errorDetail: 'x'.repeat(501) });
    await spool.close(good.assignment.sessionId, result);
    expect(spool.depth).toBe(3);
    outage.isOn = false;
    await clock.advance(1_000);
    expect(spool.depth).toBe(0);
    expect((await sessions.get(good.assignment.sessionId))?.result).toMatchObject(result);
    expect(lines.filter(({ event }) => event === 'session-write-lost')).toHaveLength(2);
  });
});
