import { describe, expect, test } from 'vitest';
import { restoreAnalysis, saveAnalysis } from '#core/canary/saved-analysis.ts';
import { createAnalysis } from '#core/canary/analysis.ts';
import { isMalformed, type MalformedCall } from '#core/session/call-records.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import { judge, type JudgePorts } from '#operations/canary/judge.ts';
import { aPlan, aSession, startMs } from '../fake-org.ts';
import { callStream, type Write } from './call-stream.ts';
import { comparison, openWorld, windowMs } from './judge-world.ts';

const look = { kind: 'look' } as const;
const second = 1_000;
const stream = (calls: number, candidateRate = 0.05): readonly Write[] =>
  callStream({ calls, seed: 7, candidateRate, windowMs, everyMs: 200 });

type World = ReturnType<typeof openWorld>;

/** Brings a judge through a stream, looking every twenty seconds. */
const judgeAll = async ({ time, sessions, ports }: World, writes: readonly Write[], by = judge(ports)) => {
  let nextMs = time.nowMs;
  for (const write of writes) {
    time.nowMs = Math.max(time.nowMs, write.atMs);
    await write.apply(sessions);
    if (time.nowMs < nextMs) continue;
    nextMs = time.nowMs + 20 * second;
    await by(comparison, look);
  }
  return by;
};

/** Minutes of calls are judged here, on machines that may be busy. */
const patience = { timeout: 60_000 };

describe('a judge that starts anew', patience, () => {
  test('reads what is not settled, and not the whole canary', async () => {
    const world = openWorld();
    await judgeAll(world, stream(3_000));
    world.reads.length = 0;
    const judgement = await judge(world.ports)(comparison, look);
    const [first] = world.reads;
    expect(first?.which).toBe('started');
    // W, a minute for late records, a minute between two states, and the rest of a checkpoint.
    expect(first?.records).toBeLessThan(1_500);
    expect(world.numbersOf(judgement)).toEqual(world.recomputed());
  });

  test.each<[string, (world: World) => unknown]>([
    ['is damaged', () => undefined],
    ['is of another version', () => ({ ...saveAnalysis(createAnalysis(aPlan()), 'leave-out'), version: 1 })],
    ['was kept under another plan', () => saveAnalysis(createAnalysis(aPlan()), 'leave-out')],
  ])('computes all again when the kept state %s, says so, and replaces it', async (_, state) => {
    const world = openWorld();
    await judgeAll(world, stream(1_200));
    const { version } = (await world.judgeStates.read(comparison.id))!;
    world.judgeStates.states.place(comparison.id, { version, state: state(world) });
    const judgement = await judge(world.ports)(comparison, look);
    expect(world.events()).toContain('judge-state-recomputed');
    expect(world.numbersOf(judgement)).toEqual(world.recomputed());
    const kept = await world.judgeStates.read(comparison.id);
    expect(kept?.version).toBe(version + 1);
    expect(restoreAnalysis(kept?.state).forget()).not.toBeNull();
  });

  test('judges though the state can be neither read again nor kept', async () => {
    const world = openWorld();
    const keep = () => Promise.reject(new Error('the table is gone'));
    const ports: JudgePorts = { ...world.ports, judgeStates: { read: async () => undefined, keep } };
    const one = await judgeAll(world, stream(1_200), judge(ports));
    expect(world.events()).toContain('judge-state-not-kept');
    expect(world.numbersOf(await one(comparison, look))).toEqual(world.recomputed());
  });

  test('after a failure to read says so, and the next one succeeds', async () => {
    const world = openWorld();
    await judgeAll(world, stream(200));
    let failures = 1;
    const read: JudgePorts['judgeStates']['read'] = async (id) => {
      failures -= 1;
      if (failures >= 0) throw new Error('throttled');
      return world.judgeStates.read(id);
    };
    const one = judge({ ...world.ports, judgeStates: { ...world.judgeStates, read } });
    await expect(one(comparison, look)).rejects.toThrow('throttled');
    expect(world.numbersOf(await one(comparison, look))).toEqual(world.recomputed());
  });
});

describe('judges at once', patience, () => {
  test('of two that keep a state one wins, the other goes on from its version, and both stay right', async () => {
    const world = openWorld();
    const [one, other] = [judge(world.ports), judge(world.ports)];
    let versions = 0;
    const writes = stream(1_800);
    let nextMs = 0;
    for (const write of writes) {
      world.time.nowMs = Math.max(world.time.nowMs, write.atMs);
      await write.apply(world.sessions);
      if (world.time.nowMs < nextMs) continue;
      nextMs = world.time.nowMs + 20 * second;
      const [first, then] = await Promise.all([one(comparison, look), other(comparison, look)]);
      expect(world.numbersOf(first)).toEqual(world.numbersOf(then));
      versions = (await world.judgeStates.read(comparison.id))?.version ?? 0;
    }
    expect(world.numbersOf(await other(comparison, look))).toEqual(world.recomputed());
    expect(versions).toBeGreaterThan(1);
  });

  test('in one process a trigger waits for the one before, and both get the same answer', async () => {
    const world = openWorld();
    await judgeAll(world, stream(300));
    const one = judge(world.ports);
    const [first, then] = await Promise.all([one(comparison, look), one(comparison, { kind: 'alarm' })]);
    expect(world.reads.filter(({ which }) => which === 'started').length).toBeGreaterThan(0);
    expect(world.numbersOf(first)).toEqual(world.numbersOf(then));
  });

  test('a state is kept at most once a minute, however many outcomes come', async () => {
    const world = openWorld();
    const { nowMs } = world.time;
    await judgeAll(world, stream(1_800));
    const minutes = (world.time.nowMs - nowMs) / 60_000;
    expect((await world.judgeStates.read(comparison.id))?.version).toBeLessThanOrEqual(minutes + 1);
  });
});

describe('outcomes that come from the stream', () => {
  test('count at once, and what other instances got is read once a second', async () => {
    const world = openWorld();
    const one = judge(world.ports);
    await one(comparison, look);
    world.reads.length = 0;
    for (let index = 0; index < 50; index += 1) {
      world.time.nowMs += 100;
      const changes = [aSession({ index, startSecond: index / 10 })];
      const { verdict } = await one(comparison, { kind: 'outcomes', changes });
      expect(verdict.calls.used + verdict.calls.waiting).toBe(index + 1);
    }
    expect(world.reads.filter(({ which }) => which === 'changed')).toHaveLength(5);
  });

  test('bring no abort before the records were read again', async () => {
    const world = openWorld();
    const one = judge(world.ports);
    const { sessions, time } = world;
    await one(comparison, look);
    const failing = Array.from({ length: 120 }, (_, index) => {
      const arm = index % 4 === 0 ? 'candidate' : 'stable';
      const outcome = arm === 'candidate' ? 'failed' : 'completed';
      return aSession({ index, arm, outcome, startSecond: index / 10 });
    });
    time.nowMs += 30 * second;
    await one(comparison, look);
    // What another instance got meanwhile: as many calls of stable fail.
    const others = Array.from({ length: 200 }, (_, index) =>
      aSession({ index: 500 + index, outcome: 'failed', startSecond: index / 20 }),
    );
    const recordedAt = new Date(time.nowMs).toISOString();
    for (const { result, ...record } of others)
      sessions.records.place(record.assignment.sessionId, { ...record, result: { ...result!, recordedAt } });
    time.nowMs += 100;
    const reads = world.reads.length;
    const { verdict } = await one(comparison, { kind: 'outcomes', changes: failing });
    expect(world.reads.length).toBeGreaterThan(reads);
    expect(verdict.verdict).not.toBe('abort');
  });
});

/** A record that is stored and cannot be read. */
const damage = (record: SessionRecord, how: Record<string, unknown>): MalformedCall => {
  const { sessionId, startedAt } = record.assignment;
  return { sessionId, startedAt, problem: 'it is damaged', record: { ...record, ...how } };
};

describe('a record that is not as it should be', () => {
  const judgeWith = async (records: readonly SessionRecord[], malformed: readonly MalformedCall[]) => {
    const world = openWorld();
    for (const record of records) world.sessions.records.place(record.assignment.sessionId, record);
    world.time.nowMs = startMs + 120 * second;
    const started: JudgePorts['calls']['started'] = async function* (...query) {
      yield* malformed;
      yield* world.ports.calls.started(...query);
    };
    const one = judge({ ...world.ports, calls: { ...world.ports.calls, started } });
    const { verdict } = await one(comparison, look);
    return { ...world, verdict, one };
  };
  const sound = [1, 2, 3, 4].map((index) => aSession({ index, arm: index === 4 ? 'candidate' : 'stable' }));

  test('ends nothing and counts as unknown on its arm', async () => {
    const broken = damage(aSession({ index: 9, arm: 'candidate' }), { result: { outcome: 'exploded' } });
    const { verdict, events } = await judgeWith(sound, [broken]);
    expect(verdict.missing).toMatchObject({ candidateCalls: 1, stableCalls: 0 });
    expect(verdict.metrics.errorRate).toMatchObject({ stable: { n: 3 }, candidate: { n: 1, bad: 0 } });
    expect(events()).toEqual(['calls-malformed']);
  });

  test('counts as unknown on both arms when its arm cannot be read, and not at all when it belongs elsewhere', async () => {
    const nothing = damage(aSession({ index: 8 }), { assignment: 'gone' });
    const elsewhere = damage(aSession({ index: 9, promotionName: 'q' }), { result: { outcome: 'exploded' } });
    const { verdict } = await judgeWith(sound, [nothing, elsewhere]);
    expect(verdict.missing).toMatchObject({ candidateCalls: 1, stableCalls: 1 });
  });

  test('is told in the log once, however often it is read', async () => {
    const { one, events, logged } = await judgeWith(sound, [damage(aSession({ index: 9 }), { result: 1 })]);
    await one(comparison, look);
    expect(events()).toEqual(['calls-malformed']);
    expect(logged[0]?.fields).toMatchObject({ count: 1, sessions: ['session-p-00000009'] });
  });

  test('from the future waits until its time has come, and is told', async () => {
    const early = aSession({ index: 9, arm: 'candidate', startSecond: 600, outcome: 'failed' });
    const { openedAt: _, ...opening } = early;
    const world = await judgeWith(sound, []);
    const { result, ...open } = opening;
    await world.sessions.open(open);
    await world.sessions.close(early.assignment.sessionId, result!);
    expect((await world.one(comparison, look)).verdict.calls).toMatchObject({ used: 4, waiting: 0 });
    expect(world.events()).toEqual(['calls-future']);
    world.time.nowMs = startMs + 700 * second;
    const { verdict } = await world.one(comparison, look);
    expect(verdict.metrics.errorRate.candidate).toEqual({ n: 2, bad: 1 });
  });

  test('with an end in the future is open until then', async () => {
    const { result, ...open } = aSession({ index: 9, arm: 'candidate', startSecond: 118, outcome: 'failed' });
    const world = await judgeWith(sound, []);
    await world.sessions.open(open);
    await world.sessions.close(open.assignment.sessionId, result!);
    expect((await world.one(comparison, look)).verdict.calls).toMatchObject({ used: 4, waiting: 1 });
    expect(world.events()).toEqual(['calls-future']);
    world.time.nowMs += 9 * second;
    expect((await world.one(comparison, look)).verdict.metrics.errorRate.candidate).toEqual({ n: 2, bad: 1 });
  });

  test('whose start row was written half a minute late is left out by every judge, and told', async () => {
    const late = {
      ...aSession({ index: 9, arm: 'candidate' }),
      openedAt: new Date(startMs + 60 * second).toISOString(),
    };
    const { verdict, events } = await judgeWith([...sound, late], []);
    expect(verdict.calls.used + verdict.calls.waiting).toBe(4);
    expect(events()).toEqual(['calls-late']);
  });

  test('of a host of an earlier version, which stamps nothing, is found all the same', async () => {
    const world = await judgeWith([], []);
    const place = (record: SessionRecord) => {
      const { openedAt: _, result, ...open } = record;
      const { recordedAt: _stamp, ...end } = result!;
      world.sessions.records.place(record.assignment.sessionId, { ...open, result: end });
    };
    place(aSession({ index: 1, startSecond: 100 }));
    world.time.nowMs += 2 * second;
    await world.one(comparison, { kind: 'outcomes', changes: [aSession({ index: 1, startSecond: 100 })] });
    const { openedAt: _, ...unstamped } = aSession({ index: 2, startSecond: 101 });
    await world.one(comparison, { kind: 'outcomes', changes: [unstamped] });
    place(aSession({ index: 3, startSecond: 30 }));
    expect((await world.one(comparison, look)).verdict.calls.used).toBe(3);
  });
});

test('a record is a call or a damaged one, and nothing else', () => {
  expect(isMalformed(aSession({ index: 1 }))).toBe(false);
  expect(isMalformed(damage(aSession({ index: 1 }), {}))).toBe(true);
});
