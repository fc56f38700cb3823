import { type AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { placeCalls } from '#callers/place-calls.ts';
import { Scenario } from '#callers/scenario.ts';
import { createSpeech } from '#callers/speech.ts';
import { seededRandom } from '#core/canary/seeded-random.ts';
import { monotonicClock } from '#core/clock.ts';
import { FakeAgent } from '../callers/fake-agent.ts';

/** Real sockets, real time and real speech against a small agent; paths name what the agent does. */
const speech = createSpeech();
const agents: FakeAgent[] = [];
let server: Server;
let base = '';

beforeAll(async () => {
  server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/busy') {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (connection) => {
      const agent = new FakeAgent({
        send: (message) => connection.send(message),
        close: (code, reason) => (request.url === '/drops' ? connection.terminate() : connection.close(code, reason)),
        says: [400, 400],
      });
      agents.push(agent);
      connection.on('message', (data) => agent.receive(String(data)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await speech.close();
  server.closeAllConnections();
  server.close();
});

const scenario = Scenario.parse({ name: 'short', utterances: ['Yes please.'], expect: 'completed' });
const shared = { clock: monotonicClock, random: seededRandom(1), speech };
const at = (path: string) => ({
  ...shared,
  openSession: () => Promise.resolve({ url: base + path, sessionId: 'session-1' }),
});

describe('placing calls', () => {
  test('many calls at the same time complete, each with its own caller, and latencies are measured', async () => {
    const report = await placeCalls({ ...at('/'), scenarios: [scenario], count: 8, concurrency: 4 });
    expect(report.outcomes).toMatchObject({ completed: 8, dropped: 0 });
    expect(new Set(report.calls.map(({ callerId }) => callerId)).size).toBe(8);
    expect(report.startMs?.count).toBe(8);
    expect(report.turnLatencyMs?.count).toBe(8);
    expect(report.unexpected).toBe(0);
    expect(report.seconds).toBeGreaterThan(4);
  });

  test('speech reaches the agent in real time and tells it what was said', async () => {
    agents.length = 0;
    const { calls } = await placeCalls({ ...at('/'), scenarios: [scenario], count: 1 });
    const [agent] = agents;
    expect(agent?.events('start')[0]?.start?.customParameters).toEqual({ script: '["Yes please."]' });
    const audioMs = (agent?.events('media').length ?? 0) * 20;
    expect(Math.abs(audioMs - (calls[0]?.durationMs ?? 0))).toBeLessThan(150);
  });

  test('the rate is kept, whatever the calls do', async () => {
    const { calls } = await placeCalls({ ...at('/busy'), scenarios: [scenario], count: 6, rate: 20 });
    const times = calls.map(({ placedAt }) => Date.parse(placedAt)).sort((a, b) => a - b);
    expect(times.at(-1)! - times[0]!).toBeGreaterThanOrEqual(245);
    expect(calls.every(({ outcome, end }) => outcome === 'refused' && end.includes('503: busy'))).toBe(true);
  });

  test('a broken connection is a dropped call', async () => {
    const report = await placeCalls({ ...at('/drops'), scenarios: [scenario], count: 1 });
    expect(report).toMatchObject({ dropped: 1, unexpected: 1 });
  });

  test('no edge and no session are refused calls with the reason', async () => {
    const closed = await placeCalls({
      ...shared,
      openSession: () => Promise.resolve({ url: 'ws://127.0.0.1:1/' }),
      scenarios: [scenario],
      count: 1,
    });
    expect(closed.calls[0]).toMatchObject({ outcome: 'refused', end: expect.stringContaining('ECONNREFUSED') });
    const failed = await placeCalls({
      ...shared,
      openSession: () => Promise.reject(new Error('rate limit')),
      scenarios: [scenario],
      count: 1,
    });
    expect(failed.calls[0]).toMatchObject({ outcome: 'refused', end: 'rate limit' });
  });

  test('a signal makes live callers hang up, and another only ends the placing', async () => {
    const stop = new AbortController();
    const last = new AbortController();
    const stopped = placeCalls({ ...at('/'), scenarios: [scenario], concurrency: 2, signal: stop.signal });
    const ended = placeCalls({ ...at('/'), scenarios: [scenario], concurrency: 2, lastCall: last.signal });
    await new Promise((resolve) => setTimeout(resolve, 300));
    stop.abort();
    last.abort();
    expect((await stopped).outcomes).toMatchObject({ abandoned: 2, completed: 0 });
    expect((await ended).outcomes).toMatchObject({ abandoned: 0, completed: 2 });
  });

  test.each([
    [{ count: 0 }, /count is 0/],
    [{ count: 1, concurrency: 5_000 }, /concurrency is 5000/],
    [{ count: 1, rate: 0 }, /rate is 0/],
    [{ count: 1, scenarios: [] }, /at least one scenario/],
    [{}, /a signal that ends them/],
  ])('%j is refused', async (options, message) => {
    await expect(placeCalls({ ...at('/'), scenarios: [scenario], speech, ...options })).rejects.toThrow(message);
  });
});
