import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CustomerId, OrgName } from '#core/words/names.ts';
import { signCustomerToken, verifyTicket } from '#core/session/tokens.ts';
import { twilioSignature } from '#runtime/edge/twilio-signature.ts';
import { sessionKey, telephonyToken } from '../runtime/support/fakes.ts';
import { headOf } from '../runtime/support/heads.ts';
import { Cluster } from './support/cluster.ts';

let cluster: Cluster;
let base: string;

beforeEach(async () => {
  cluster = new Cluster();
  cluster.heads.set(headOf());
  const edge = await cluster.startEdge();
  base = `http://127.0.0.1:${edge.port}`;
});
afterEach(() => cluster[Symbol.asyncDispose]());

const tokenOf = (org = 'acme', nowMs = Date.now()) =>
  signCustomerToken(sessionKey, { sub: CustomerId.parse('harbor'), org: OrgName.parse(org) }, nowMs);
const ask = async (body: unknown, token?: string) => {
  const headers = { authorization: `Bearer ${token ?? (await tokenOf())}` };
  return fetch(`${base}/sessions`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
};

describe('POST /sessions', () => {
  test('gives the address of a call and a ticket that carries its trace id', async () => {
    const response = await ask({ service: 'appointments', affinityKey: 'user-1' });
    expect(response.status).toBe(201);
    const { url, sessionId, expiresAt } = (await response.json()) as Record<string, string>;
    expect(url).toMatch(/^ws:\/\/calls\.example\.org\/calls\//);
    expect(Date.parse(expiresAt!) - Date.now()).toBeGreaterThan(290_000);
    const ticket = await verifyTicket(sessionKey, url!.split('/').at(-1)!, Date.now());
    expect(ticket).toMatchObject({ sessionId, customerId: 'harbor', set: 'release', channel: 'webrtc' });
    expect(ticket.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  test('the same caller is the same unit of assignment, and another customer s is another', async () => {
    const affinityOf = async (body: object) => {
      const { url } = (await (await ask(body)).json()) as { url: string };
      return (await verifyTicket(sessionKey, url.split('/').at(-1)!, Date.now())).affinityKey;
    };
    const one = await affinityOf({ service: 'appointments', affinityKey: 'a' });
    expect(await affinityOf({ service: 'appointments', affinityKey: 'a' })).toBe(one);
    expect(await affinityOf({ service: 'appointments', affinityKey: 'b' })).not.toBe(one);
    expect(await affinityOf({ service: 'appointments' })).not.toBe(await affinityOf({ service: 'appointments' }));
  });

  test.each<[string, unknown, number, string]>([
    ['an unknown service', { service: 'nothing' }, 404, 'unknown-name'],
    ['an unknown key', { service: 'appointments', customer: 'other' }, 400, 'invalid-input'],
    ['a body that is no JSON', '{', 400, 'invalid-input'],
    ['a body that is too large', JSON.stringify({ service: 'x'.repeat(20_000) }), 400, 'invalid-input'],
  ])('refuses %s', async (_, body, status, code) => {
    const response = await ask(body);
    expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([
      status,
      code,
    ]);
  });

  test('refuses a token of another org, an old one and a wrong one (invariant 9)', async () => {
    const tokens = [await tokenOf('other'), await tokenOf('acme', Date.now() - 7_200_000), 'a.b.c'];
    for (const token of tokens) expect((await ask({ service: 'appointments' }, token)).status).toBe(401);
  });

  test('a customer beyond its share is told when to come back (T7)', async () => {
    let answer = await ask({ service: 'appointments' });
    let granted = 0;
    for (; answer.status === 201 && granted < 1_000; granted++) answer = await ask({ service: 'appointments' });
    expect(answer.status).toBe(429);
    expect(granted).toBeGreaterThanOrEqual(150);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('POST /phone/<service>', () => {
  const formFrom = (from: string) => new URLSearchParams({ CallSid: 'CA1', From: from, To: '+15550199' });
  const form = formFrom('+15550100');
  const ring = (path: string, signature: string, body = form) =>
    fetch(`${base}${path}`, { method: 'POST', headers: { 'x-twilio-signature': signature }, body });

  test('connects a signed call to its stream', async () => {
    const path = '/phone/appointments?customer=harbor';
    const response = await ring(path, twilioSignature(telephonyToken, `http://calls.example.org${path}`, form));
    const twiml = await response.text();
    const ticket = /url="ws:\/\/calls\.example\.org\/calls\/([^"]+)"/.exec(twiml)?.[1];
    expect(await verifyTicket(sessionKey, ticket!, Date.now())).toMatchObject({
      customerId: 'harbor',
      channel: 'phone',
    });
    expect(twiml).not.toContain('+15550100');
  });

  test('a caller who withholds the number is one of many, and not the one caller of all such calls', async () => {
    const path = '/phone/appointments?customer=harbor';
    const affinityOf = async (from: string) => {
      const body = formFrom(from);
      const signature = twilioSignature(telephonyToken, `http://calls.example.org${path}`, body);
      const twiml = await (await ring(path, signature, body)).text();
      const ticket = /url="ws:\/\/calls\.example\.org\/calls\/([^"]+)"/.exec(twiml)?.[1];
      return (await verifyTicket(sessionKey, ticket!, Date.now())).affinityKey;
    };
    expect(await affinityOf('+15550100')).toBe(await affinityOf('+15550100'));
    expect(await affinityOf('+266696687')).not.toBe(await affinityOf('+266696687'));
    expect(await affinityOf('Anonymous')).not.toBe(await affinityOf('Anonymous'));
  });

  test('refuses a webhook whose customer was changed after signing', async () => {
    const signature = twilioSignature(
      telephonyToken,
      'http://calls.example.org/phone/appointments?customer=harbor',
      form,
    );
    expect((await ring('/phone/appointments?customer=other', signature)).status).toBe(401);
  });
});

describe('the door', () => {
  test('is healthy, and says what there is to anything else', async () => {
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect((await fetch(`${base}/nothing`)).status).toBe(404);
  });

  test('an upgrade without a ticket is refused before anything else happens', async () => {
    const socket = connect(cluster.edge!.port, '127.0.0.1');
    socket.write('GET /calls/x.y.z HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 401 Unauthorized/);
    socket.destroy();
  });

  test('invariant 8: a client that resets its connection to a draining edge ends no process', async () => {
    const socket = connect(cluster.edge!.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /calls/x.y.z HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    const drained = cluster.edge!.drain();
    socket.write('\r\n', () => socket.resetAndDestroy());
    await once(socket, 'close');
    await drained;
    // An error that nobody listens to comes with the next turns of the event loop and fails the run.
    await new Promise((resolve) => setTimeout(resolve, 50));
  });

  test('invariant 11: headers have a limit', async () => {
    const response = await fetch(`${base}/healthz`, { headers: { 'x-long': 'x'.repeat(20_000) } });
    expect(response.status).toBe(400);
  });
});

describe('the splice', () => {
  test('carries bytes both ways after the host s 101, and each side s end to the other', async () => {
    const host = createServer();
    const upgraded = once(host, 'upgrade');
    host.listen(0);
    await once(host, 'listening');
    const address = host.address() as { port: number };
    await cluster.hosts.write({
      hostId: 'raw',
      service: 'appointments',
      releaseId: headOf().stable,
      address: `127.0.0.1:${address.port}`,
      freeProcesses: 1,
      activeSessions: 0,
      warmTarget: 1,
      ready: true,
      draining: false,
      leaseUntil: Date.now() + 60_000,
    });
    const { url } = await cluster.ticket();
    const client = connect({ port: cluster.edge!.port, host: '127.0.0.1', allowHalfOpen: true });
    client.write(
      `GET ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`,
    );
    const [request, socket] = (await upgraded) as [{ headers: Record<string, string> }, Socket];
    expect(request.headers['x-lastgood-session']).toBeDefined();
    let silent = true;
    client.once('data', () => (silent = false));
    expect(silent).toBe(true);
    const head = once(client, 'data');
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-From: host\r\n\r\n',
    );
    expect(String((await head)[0])).toContain('X-From: host');
    const up = once(socket, 'data');
    client.write('up');
    expect(String((await up)[0])).toBe('up');
    const ended = once(socket, 'end');
    client.end();
    await ended;
    const down = once(client, 'data');
    socket.write('down');
    expect(String((await down)[0])).toBe('down');
    const closed = once(client, 'close');
    socket.end();
    await closed;
    host.close();
  });
});
