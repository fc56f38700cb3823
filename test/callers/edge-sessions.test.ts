import { describe, expect, test } from 'vitest';
import { edgeSessions } from '#callers/edge-sessions.ts';
import { ManualClock } from '#memory/manual-clock.ts';

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

const asking = (answer: () => Response, edges: readonly string[] = ['ws://edge-1', 'wss://edge-2']) => {
  const sent: Sent[] = [];
  const clock = new ManualClock();
  const openSession = edgeSessions({
    edges: () => Promise.resolve(edges),
    token: () => Promise.resolve('token-1'),
    service: 'appointments',
    clock,
    fetch: (url, init) => {
      sent.push({ url: String(url), init: init ?? {} });
      return Promise.resolve(answer());
    },
  });
  return { openSession, sent, clock };
};

const created = () =>
  Response.json(
    { url: 'ws://edge-1/calls/t', sessionId: 's-1', expiresAt: '2026-01-01T00:00:00.000Z' },
    { status: 201 },
  );
const refused = (status: number, code: string) => () =>
  Response.json({ error: { code, message: 'said why' } }, { status });

describe('asking the edge for a session', () => {
  test('sends the customer token, the service and the caller, and takes edges in turn', async () => {
    const { openSession, sent } = asking(created);
    expect(await openSession({ callerId: 'caller-1' })).toEqual({ url: 'ws://edge-1/calls/t', sessionId: 's-1' });
    await openSession({ callerId: 'caller-2' });
    expect(sent.map(({ url }) => url)).toEqual(['http://edge-1/sessions', 'https://edge-2/sessions']);
    expect(sent[0]?.init.headers).toMatchObject({ authorization: 'Bearer token-1' });
    expect(JSON.parse(String(sent[0]?.init.body))).toEqual({
      service: 'appointments',
      channel: 'phone',
      affinityKey: 'caller-1',
    });
  });

  test.each([
    [429, 'rate-limited', 'rate-limited'],
    [401, 'unauthorized', 'unauthorized'],
    [503, 'busy', 'busy'],
    [404, 'unknown-name', 'not-found'],
  ])('a %i rejects with the words of the edge', async (status, said, code) => {
    const { openSession } = asking(refused(status, said));
    await expect(openSession({ callerId: 'c' })).rejects.toMatchObject({
      code,
      message: `the edge refused the session with ${status}: ${said}: said why`,
    });
  });

  test('an answer that is not from an edge is shown as it is', async () => {
    const { openSession } = asking(() => new Response('<html>bad gateway', { status: 502 }));
    await expect(openSession({ callerId: 'c' })).rejects.toThrow('502: <html>bad gateway');
  });

  test('without an edge it says what is missing', async () => {
    const { openSession } = asking(created, []);
    await expect(openSession({ callerId: 'c' })).rejects.toThrow(/no edge of the org holds a lease/);
  });

  test('an edge that does not answer is left after ten seconds', async () => {
    const clock = new ManualClock();
    const openSession = edgeSessions({
      edges: () => Promise.resolve(['ws://edge-1']),
      token: () => Promise.resolve('token-1'),
      service: 'appointments',
      clock,
      fetch: (_url, init) =>
        new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error))),
    });
    const asked = openSession({ callerId: 'c' }).catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await asked).toMatchObject({ code: 'timeout', message: expect.stringContaining('edge-1') as string });
    expect(clock.timers).toBe(0);
  });
});
