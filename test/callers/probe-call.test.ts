import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { monotonicClock } from '#core/clock.ts';
import { isLastgoodError } from '#core/errors.ts';
import { placeProbe } from '#callers/probe-call.ts';

describe('a synthetic call over a real socket', () => {
  let server: WebSocketServer | undefined;
  afterEach(() => {
    for (const client of server?.clients ?? []) client.terminate();
    server?.close();
  });

  /** A host whose agent answers each message of the caller with what `agent` gives. */
  const host = async (agent: (event: string) => readonly string[] | 'close', token = 'signed'): Promise<string> => {
    server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      verifyClient: ({ req }: { req: IncomingMessage }) =>
        req.url === '/calls' && req.headers['x-lastgood-session'] === token,
    });
    server.on('connection', (socket) =>
      socket.on('message', (data) => {
        const answer = agent((JSON.parse(String(data)) as { event: string }).event);
        if (answer === 'close') socket.close(1011);
        else for (const message of answer) socket.send(message);
      }),
    );
    await once(server, 'listening');
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const call = (address: string, limitMs = 2_000) =>
    placeProbe(monotonicClock)({ address, token: 'signed', sessionId: 'probe-1', limitMs });
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'none',
      (error: unknown) => (isLastgoodError(error) ? error.code : String(error)),
    );

  test('is good when the agent speaks after the opening of a phone call', async () => {
    const heard: string[] = [];
    const address = await host((event) => {
      heard.push(event);
      return event === 'start'
        ? [
            'not json',
            JSON.stringify({ event: 'mark' }),
            JSON.stringify({ event: 'media', media: { payload: 'AAAA' } }),
          ]
        : [];
    });
    const { firstAudioMs } = await call(address);
    expect(firstAudioMs).toBeLessThan(2_000);
    expect(heard).toEqual(['connected', 'start']);
  });

  test('fails when the agent stays silent', async () => {
    expect(await codeOf(call(await host(() => []), 200))).toBe('timeout');
  });

  test('fails when the host hangs up, refuses or is not there', async () => {
    expect(await codeOf(call(await host((event) => (event === 'start' ? 'close' : []))))).toBe('pool-not-ready');
    server?.close();
    expect(await codeOf(call(await host(() => [], 'another key')))).toBe('pool-not-ready');
    server?.close();
    expect(await codeOf(call('127.0.0.1:1'))).toBe('pool-not-ready');
  });
});
