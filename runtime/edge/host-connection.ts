import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Clock } from '#core/clock.ts';

/** What the client's upgrade request carries on to the host. Everything else stays at the edge. */
const forwardedHeaders = [
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
];

export interface HostRequest {
  /** `ip:port` of the lease. */
  readonly address: string;
  /** Signed assignment. */
  readonly token: string;
  readonly headers: IncomingHttpHeaders;
  /** Milliseconds until the host must have answered. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

export type HostAnswer =
  | {
      readonly kind: 'accepted';
      readonly socket: Socket;
      /** The host's response head and what came right behind it, byte for byte as the client gets it. */
      readonly head: Buffer;
    }
  /** 503: no process free, or the host cannot take calls. The call has not started. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** `maybeStarted`: the request was sent, so the host may have opened a record for it. */
  | { readonly kind: 'failed'; readonly detail: string; readonly maybeStarted: boolean };

/** Presents a call to a host and waits for its 101. Never rejects. */
export const offerCall =
  (clock: Clock) =>
  ({ address, token, headers, limitMs, signal }: HostRequest): Promise<HostAnswer> =>
    new Promise((resolve) => {
      let connected = false;
      const forwarded = Object.fromEntries(
        forwardedHeaders.flatMap((name) => (headers[name] ? [[name, headers[name]]] : [])),
      );
      const outgoing = request({
        ...portOf(address),
        path: '/calls',
        agent: false,
        signal,
        headers: { ...forwarded, connection: 'Upgrade', upgrade: 'websocket', 'x-lastgood-session': token },
        createConnection: ({ host, port }) =>
          connect({ host: host ?? '127.0.0.1', port: Number(port), allowHalfOpen: true, noDelay: true }, () => {
            connected = true;
          }),
      });
      const cancelLimit = clock.after(limitMs, () => outgoing.destroy(new Error(`no answer within ${limitMs} ms`)));
      const settle = (answer: HostAnswer) => {
        cancelLimit();
        resolve(answer);
      };
      outgoing.once('upgrade', (response, socket: Socket, head) => {
        settle({
          kind: 'accepted',
          socket,
          head: Buffer.concat([Buffer.from(responseHead(response), 'latin1'), head]),
        });
      });
      outgoing.once('response', (response) => {
        response.resume();
        const detail = `${response.statusCode} ${String(response.headers['x-lastgood-reason'] ?? '')}`.trim();
        settle({ kind: 'refused', detail });
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        settle({ kind: 'failed', detail: error.code ?? error.message, maybeStarted: connected });
      });
      outgoing.end();
    });

const responseHead = (response: IncomingMessage): string => {
  const lines = [`HTTP/1.1 ${response.statusCode} ${response.statusMessage}`];
  for (let at = 0; at + 1 < response.rawHeaders.length; at += 2)
    lines.push(`${response.rawHeaders[at]}: ${response.rawHeaders[at + 1]}`);

  return `${lines.join('\r\n')}\r\n\r\n`;
};

const portOf = (address: string): { host: string; port: number } => {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
};
