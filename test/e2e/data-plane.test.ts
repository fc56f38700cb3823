import { beforeAll, describe, expect, test } from 'vitest';
import type { ReleaseBuild } from '#core/release/assemble.ts';
import { headOf, promotionId } from '../runtime/support/heads.ts';
import { tinyRelease } from '../runtime/support/release.ts';
import { childrenOf, Cluster } from './support/cluster.ts';
import { Phone } from './support/phone.ts';

let stable: ReleaseBuild;
let candidate: ReleaseBuild;

beforeAll(async () => {
  stable = await tinyRelease();
  candidate = await tinyRelease({ version: '1.1' });
});

describe('a call through edge, host and agent process', () => {
  test('is greeted, understood turn by turn, and ends as the flow says', async () => {
    await using cluster = new Cluster();
    cluster.heads.set(headOf({ stable: stable.id }));
    await cluster.startHost(stable);
    await cluster.startEdge();
    const { phone, sessionId } = await cluster.call(['On Monday', 'Then Tuesday', 'Bye']);
    for (let turn = 0; turn < 2; turn++) {
      await phone.agentFinishes();
      phone.say();
    }
    await phone.agentFinishes();
    phone.say();
    expect(await phone.closed).toBe(1000);
    const { result, assignment, countsInTest } = await cluster.sessions.until(sessionId);
    expect(result).toMatchObject({ outcome: 'completed', taskSucceeded: true, turns: 3, interruptions: 0 });
    expect(result?.turnLatencyMs).toHaveLength(3);
    expect(assignment).toMatchObject({ arm: 'stable', release: stable.id, customerId: 'harbor', probe: false });
    expect(countsInTest).toBe(false);
  });

  test('a tool that throws ends the call as failed by the tool, after an apology', async () => {
    await using cluster = new Cluster();
    cluster.heads.set(headOf({ stable: stable.id }));
    await cluster.startHost(stable);
    await cluster.startEdge();
    const { phone, sessionId } = await cluster.call(['on sunday please']);
    await phone.agentFinishes();
    const before = phone.counts.media;
    phone.say();
    await phone.closed;
    const { result } = await cluster.sessions.until(sessionId);
    expect(result).toMatchObject({ outcome: 'failed', errorClass: 'tool' });
    expect(phone.counts.media).toBeGreaterThan(before);
  });

  test('speech over the agent stops it, and a caller who hangs up has abandoned the call', async () => {
    await using cluster = new Cluster();
    cluster.heads.set(headOf({ stable: stable.id }));
    await cluster.startHost(stable);
    await cluster.startEdge();
    const { phone, sessionId } = await cluster.call(['Tell me something long', 'Stop']);
    await phone.agentFinishes();
    phone.say();
    await phone.agentSpeaks();
    phone.say(600);
    await phone.isCleared();
    await phone.agentFinishes();
    expect(phone.counts.clear).toBe(1);
    phone.hangUp();
    const { result } = await cluster.sessions.until(sessionId);
    expect(result).toMatchObject({ outcome: 'abandoned', interruptions: 1, turns: 2 });
  });

  test('a ticket admits one call only', async () => {
    await using cluster = new Cluster();
    cluster.heads.set(headOf({ stable: stable.id }));
    await cluster.startHost(stable);
    await cluster.startEdge();
    const { url } = await cluster.ticket();
    const phone = await new Phone(url).begin();
    await expect(new Phone(url).begin()).rejects.toThrow('refused with 401');
    phone.hangUp();
    await phone.closed;
  });
});

describe('processes that die', () => {
  test('kill -9 of an agent process closes its record as failed/process, and the pool is filled again', async () => {
    await using cluster = new Cluster();
    cluster.heads.set(headOf({ stable: stable.id }));
    const host = await cluster.startHost(stable, { warmProcesses: 1 });
    const [agent] = childrenOf(host.child.pid!);
    await cluster.startEdge();
    const { phone, sessionId } = await cluster.call();
    await phone.agentSpeaks();
    process.kill(agent!, 'SIGKILL');
    await phone.closed;
    const { result } = await cluster.sessions.until(sessionId);
    expect(result).toMatchObject({ outcome: 'failed', errorClass: 'process' });
    expect(result?.errorDetail).toContain('SIGKILL');
    await cluster.hosts.until(([lease]) => lease?.freeProcesses === 1 && lease.activeSessions === 0);
  });

  test('a tool that eats memory costs its own call only', async () => {
    await using cluster = new Cluster();
    cluster.heads.set(headOf({ stable: stable.id }));
    await cluster.startHost(stable);
    await cluster.startEdge();
    const { phone, sessionId } = await cluster.call(['memory']);
    const other = await cluster.call();
    await phone.agentFinishes();
    phone.say();
    await phone.closed;
    const { result } = await cluster.sessions.until(sessionId);
    expect(result).toMatchObject({ outcome: 'failed', errorClass: 'process' });
    expect(cluster.sessions.records.peek(other.sessionId)?.result).toBeUndefined();
    other.phone.hangUp();
    await cluster.sessions.until(other.sessionId);
  });

  test('kill -9 of a host ends its agent processes, and the next call starts on another host', async () => {
    await using cluster = new Cluster();
    cluster.heads.set(headOf({ stable: stable.id }));
    const doomed = await cluster.startHost(stable);
    await cluster.startEdge();
    const first = await cluster.call();
    await first.phone.agentSpeaks();
    const agents = childrenOf(doomed.child.pid!);
    const second = await cluster.startHost(stable);
    doomed.child.kill('SIGKILL');
    await Promise.all([doomed.exited, first.phone.closed]);
    // The dead host's lease still stands; the edge finds out by itself.
    const next = await cluster.call();
    await next.phone.agentSpeaks();
    expect(cluster.sessions.records.peek(next.sessionId)?.hostId).toBe(second.hostId);
    next.phone.hangUp();
    await cluster.sessions.until(next.sessionId);
    await expect.poll(() => agents.filter((pid) => isAlive(pid)), { timeout: 5_000 }).toEqual([]);
  });
});

describe('full and changing pools', () => {
  test('invariant 11: calls wait in a bounded queue, and the one too many hears busy at once', async () => {
    await using cluster = new Cluster();
    cluster.heads.set(headOf({ stable: stable.id }));
    await cluster.startHost(stable, { warmProcesses: 1, maxProcesses: 1 });
    const edge = await cluster.startEdge({ maxPendingSessions: 1, maxWaitMs: 30_000 });
    const first = await cluster.call();
    await first.phone.agentSpeaks();
    const waiting = cluster.call();
    await expect.poll(() => edge.queueDepth()).toBe(1);
    await expect(cluster.call()).rejects.toThrow('refused with 503');
    first.phone.hangUp();
    const { phone, sessionId } = await waiting;
    await phone.agentSpeaks();
    phone.hangUp();
    expect((await cluster.sessions.until(sessionId)).result?.outcome).toBe('abandoned');
  });

  test('a candidate that has no process to the end of the wait loses the call to stable, and to the test', async () => {
    await using cluster = new Cluster();
    cluster.heads.set(headOf({ stable: stable.id, candidate: candidate.id }));
    await cluster.startHost(stable);
    await cluster.startEdge({ maxWaitMs: 300 });
    const { phone, sessionId } = await cluster.call([], 'caller-1');
    await phone.agentSpeaks();
    const lost = await cluster.sessions.until(`${sessionId}-lost`);
    expect(lost.assignment).toMatchObject({ arm: 'candidate', release: candidate.id, promotionId });
    expect(lost.result).toMatchObject({ lost: 'before-hand-over', errorClass: 'platform' });
    expect(lost.result?.errorDetail).toContain('no-host');
    expect(lost.countsInTest).toBe(true);
    phone.hangUp();
    const ran = await cluster.sessions.until(sessionId);
    expect(ran.assignment).toMatchObject({ arm: 'stable', release: stable.id });
    expect(ran.countsInTest).toBe(false);
  });

  test('invariant 3: a session stays on its release while the head moves; invariant 6: the next one follows within a second', async () => {
    await using cluster = new Cluster();
    cluster.heads.set(headOf({ stable: stable.id, candidate: candidate.id }));
    await cluster.startHost(stable);
    await cluster.startHost(candidate);
    await cluster.startEdge();
    const onCandidate = await cluster.call(['Tuesday'], 'caller-1');
    await onCandidate.phone.agentFinishes();
    cluster.heads.set(headOf({ stable: stable.id, revision: 2 }));
    const abortedAt = Date.now();
    const reads = cluster.heads.reads;
    await expect.poll(() => cluster.heads.reads, { interval: 10 }).toBeGreaterThan(reads);
    const next = await cluster.call([], 'caller-1');
    expect(Date.now() - abortedAt).toBeLessThan(1_000);
    onCandidate.phone.say();
    await onCandidate.phone.agentFinishes();
    for (const { phone } of [onCandidate, next]) phone.hangUp();
    expect((await cluster.sessions.until(onCandidate.sessionId)).assignment.release).toBe(candidate.id);
    expect((await cluster.sessions.until(onCandidate.sessionId)).result?.turns).toBe(1);
    expect((await cluster.sessions.until(next.sessionId)).assignment.release).toBe(stable.id);
  });

  test('invariant 6: a call that waited starts on the release that the head names by then', async () => {
    await using cluster = new Cluster();
    cluster.heads.set(headOf({ stable: stable.id }));
    await cluster.startHost(stable, { warmProcesses: 1, maxProcesses: 1 });
    const edge = await cluster.startEdge({ maxWaitMs: 30_000 });
    const first = await cluster.call();
    await first.phone.agentSpeaks();
    const waiting = cluster.call([], 'caller-1');
    await expect.poll(() => edge.queueDepth()).toBe(1);
    await cluster.startHost(candidate);
    cluster.heads.set(headOf({ stable: candidate.id, revision: 2 }));
    const { phone, sessionId } = await waiting;
    await phone.agentSpeaks();
    for (const each of [phone, first.phone]) each.hangUp();
    expect((await cluster.sessions.until(sessionId)).assignment.release).toBe(candidate.id);
  });
});

describe('draining', () => {
  test('invariant 8: a host that is told to stop takes no new call and lets the live one finish', async () => {
    await using cluster = new Cluster();
    cluster.heads.set(headOf({ stable: stable.id }));
    const host = await cluster.startHost(stable);
    await cluster.startEdge();
    const { phone, sessionId } = await cluster.call(['Tuesday', 'Bye']);
    await phone.agentFinishes();
    await expect.poll(() => cluster.protection.changes).toContain(true);
    host.child.kill('SIGTERM');
    await cluster.hosts.until(([lease]) => lease?.draining === true);
    const other = await cluster.startHost(stable);
    const second = await cluster.call();
    phone.say();
    await phone.agentFinishes();
    phone.say();
    expect(await phone.closed).toBe(1000);
    expect((await cluster.sessions.until(sessionId)).result).toMatchObject({ outcome: 'completed', turns: 2 });
    expect(cluster.sessions.records.peek(second.sessionId)?.hostId).toBe(other.hostId);
    expect(await host.exited).toBe(0);
    expect(cluster.hosts.has(host.hostId)).toBe(false);
    second.phone.hangUp();
    await cluster.sessions.until(second.sessionId);
  });

  test('invariant 8: an edge that drains answers 503 and keeps its live call until it ends', async () => {
    await using cluster = new Cluster();
    cluster.heads.set(headOf({ stable: stable.id }));
    await cluster.startHost(stable);
    const edge = await cluster.startEdge();
    const { phone, sessionId } = await cluster.call(['Bye']);
    await phone.agentFinishes();
    const drained = edge.drain();
    await expect(cluster.ticket()).rejects.toThrow('fetch failed');
    phone.say();
    expect(await phone.closed).toBe(1000);
    await drained;
    expect((await cluster.sessions.until(sessionId)).result?.outcome).toBe('completed');
  });
});

describe('static stability', () => {
  test('calls go on while no table can be reached, and their records follow', async () => {
    await using cluster = new Cluster();
    cluster.heads.set(headOf({ stable: stable.id }));
    await cluster.startHost(stable);
    await cluster.startEdge();
    for (const table of [cluster.heads, cluster.hosts, cluster.sessions]) table.down = true;
    const { phone, sessionId } = await cluster.call();
    await phone.agentFinishes();
    phone.hangUp();
    await phone.closed;
    expect(cluster.sessions.records.all().length).toBe(0);
    for (const table of [cluster.heads, cluster.hosts, cluster.sessions]) table.down = false;
    expect((await cluster.sessions.until(sessionId)).result?.outcome).toBe('abandoned');
  });
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
