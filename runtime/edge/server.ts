import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { LastgoodError } from '#core/errors.ts';
import type { CallLog } from '../log.ts';
import { refuseUpgrade, sendError, sendJson } from './http-answer.ts';

/** Limits before a request becomes a call; a ticket of about 700 bytes travels in the path. */
const limits = {
  maxHeaderBytes: 16_384,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  keepAliveTimeoutMs: 5_000,
};

export interface EdgeServerOptions {
  readonly log: CallLog;
  readonly maxConnections: number;
  readonly requestSession: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly answerPhone: (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;
  readonly takeCall: (request: IncomingMessage, socket: Socket, early: Buffer, path: string) => Promise<void>;
}

/** The edge's HTTP side: routes, limits, and the number of calls under way. */
export class EdgeServer {
  readonly #options: EdgeServerOptions;
  readonly #server: Server;
  readonly #idle: (() => void)[] = [];
  #calls = 0;
  #draining = false;

  constructor(options: EdgeServerOptions) {
    this.#options = options;
    this.#server = createServer({
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      noDelay: true,
    });
    this.#server.maxConnections = options.maxConnections;
    this.#server.on('request', (request, response) => void this.#route(request, response));
    this.#server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket as Socket, head));
    this.#server.on('clientError', (_error, socket) => {
      if (socket.writable) refuseUpgrade(socket as Socket, 400, 'invalid-input', 'the request is not valid HTTP');
    });
  }

  /** Calls from the upgrade request to the end of both sockets. */
  get calls(): number {
    return this.#calls;
  }

  /** @returns the port, once connections are accepted */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          cause.code === 'EADDRINUSE'
            ? new LastgoodError('port-in-use', `port ${port} is taken by another process; set PORT to a free one`, {
                cause,
              })
            : cause,
        ),
      );
      this.#server.listen(port, resolve);
    });
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : port;
  }

  /** Takes no new call; resolves when the last one under way has ended by itself. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#server.close();
    this.#server.closeIdleConnections();
    if (this.#calls > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = urlOf(request);
    try {
      if (request.method === 'GET' && url.pathname === '/healthz')
        return sendJson(response, this.#draining ? 503 : 200, { ready: !this.#draining, calls: this.#calls });

      if (this.#draining)
        throw new LastgoodError('busy', 'this edge is going away; ask again', { details: { retryAfterMs: 1_000 } });
      if (request.method === 'POST' && url.pathname === '/sessions')
        return await this.#options.requestSession(request, response);

      if (request.method === 'POST' && url.pathname.startsWith('/phone/'))
        return await this.#options.answerPhone(request, response, url);

      throw new LastgoodError('unknown-name', 'there is POST /sessions, POST /phone/<service> and GET /calls/<ticket>');
    } catch (error) {
      this.#options.log.warn('request-refused', { method: request.method, path: url.pathname.split('/')[1], error });
      if (response.headersSent) response.destroy();
      else sendError(response, error);
    }
  }

  async #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    // Node has let go of the socket: without a listener a client's reset would end the process and every call in it.
    socket.on('error', () => socket.destroy());
    if (this.#draining) return refuseUpgrade(socket, 503, 'busy', 'this edge is going away; try again', 1);
    this.#calls++;
    try {
      await this.#options.takeCall(request, socket, head, urlOf(request).pathname);
    } finally {
      this.#calls--;
      if (this.#calls === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }
}

const urlOf = ({ url = '/' }: IncomingMessage): URL => URL.parse(url, 'http://edge') ?? new URL('http://edge/');
