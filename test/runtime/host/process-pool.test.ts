import { describe, expect, test } from 'vitest';
import type { AgentProcess, Exit } from '#runtime/host/agent-process.ts';
import { ProcessPool } from '#runtime/host/process-pool.ts';
import { memoryLog } from '../support/fakes.ts';
import { settle, ManualClock } from '#memory/manual-clock.ts';

interface FakeProcess extends AgentProcess {
  answers: boolean;
  killed: boolean;
  readonly becomeReady: () => void;
  readonly die: () => void;
}

let nextPid = 1;
const fakeProcess = (): FakeProcess => {
  const ready = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<Exit>();
  ready.promise.catch(() => undefined);
  const die = () => {
    exited.resolve({ code: 1, signal: null });
    ready.reject(new Error('exited'));
  };
  const process: FakeProcess = {
    pid: nextPid++,
    ready: ready.promise,
    exited: exited.promise,
    result: new Promise(() => undefined),
    answers: true,
    killed: false,
    lease: async () => process.answers,
    send: () => undefined,
    kill: () => {
      process.killed = true;
      die();
    },
    becomeReady: () => ready.resolve(),
    die,
  };
  return process;
};

const setUp = async ({ warm = 2, max = 10, startingAtOnce = 10, ready = true } = {}) => {
  const clock = new ManualClock();
  const { log, lines } = memoryLog(clock.now);
  const started: FakeProcess[] = [];
  const spawn = () => {
    const process = fakeProcess();
    started.push(process);
    if (ready) process.becomeReady();
    return process;
  };
  const pool = new ProcessPool({ spawn, clock, log, warm, max, startingAtOnce, onChange: () => undefined });
  pool.fill();
  await settle();
  return { clock, pool, started, lines };
};

describe('the pool of agent processes', () => {
  test('keeps the warm number ready, and replaces one that was taken', async () => {
    const { pool, started } = await setUp({ warm: 3 });
    expect(pool.free).toBe(3);
    expect(await pool.take()).toBe(started[0]);
    await settle();
    expect([pool.free, pool.size]).toEqual([3, 4]);
  });

  test('never gives the same process twice', async () => {
    const { pool } = await setUp({ warm: 2 });
    const taken = await Promise.all([pool.take(), pool.take()]);
    expect(new Set(taken).size).toBe(2);
  });

  test('does not hand a call to a process that does not answer: it is ended and the next one is asked', async () => {
    const { pool, started } = await setUp({ warm: 2 });
    started[0]!.answers = false;
    expect(await pool.take()).toBe(started[1]);
    expect(started[0]!.killed).toBe(true);
  });

  test('invariant 11: it never holds more processes than allowed', async () => {
    const { pool } = await setUp({ warm: 3, max: 4 });
    await pool.take();
    await pool.take();
    await settle();
    expect([pool.size, pool.free]).toEqual([4, 2]);
    await pool.take();
    await pool.take();
    expect(await pool.take()).toBeUndefined();
  });

  test('invariant 11: only a few start at the same time', async () => {
    const { pool, started } = await setUp({ warm: 5, startingAtOnce: 2, ready: false });
    expect(started).toHaveLength(2);
    started[0]!.becomeReady();
    await settle();
    expect(started).toHaveLength(3);
    expect(pool.free).toBe(1);
  });

  test('invariant 11: processes that do not start are retried with growing pauses, and the pool says that it fails', async () => {
    const { clock, pool, started } = await setUp({ warm: 1, ready: false });
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      const before = started.length;
      started.at(-1)!.die();
      await settle();
      const from = clock.now();
      while (started.length === before) await clock.advance(100);
      pauses.push(clock.now() - from);
    }
    expect(pauses).toEqual([100, 200, 400, 800, 1_600]);
    expect(pool.failing).toBe(true);
    started.at(-1)!.becomeReady();
    await settle();
    expect([pool.failing, pool.free]).toEqual([false, 1]);
  });

  test('a process that never gets ready is ended', async () => {
    const { clock, started } = await setUp({ warm: 1, ready: false });
    await clock.advance(15_000);
    expect(started[0]!.killed).toBe(true);
  });

  test('a warm process that dies is not replaced in a loop', async () => {
    const { clock, pool, started } = await setUp({ warm: 1 });
    started[0]!.die();
    await settle();
    expect([pool.free, started.length]).toEqual([0, 1]);
    await clock.advance(100);
    expect([pool.free, started.length]).toEqual([1, 2]);
  });

  test('with a warm number of zero, a call that finds nothing starts the process for its next try', async () => {
    const { pool } = await setUp({ warm: 0 });
    expect(pool.free).toBe(0);
    expect(await pool.take()).toBeUndefined();
    await settle();
    expect(await pool.take()).toBeDefined();
  });

  test('ends its warm processes when it stops, and starts none', async () => {
    const { pool, started } = await setUp({ warm: 2 });
    pool.stop();
    await settle();
    expect(started.every(({ killed }) => killed)).toBe(true);
    expect([pool.size, started.length]).toEqual([0, 2]);
  });
});
