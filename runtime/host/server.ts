import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { LastgoodError } from '#core/errors.ts';

const limits = { maxHeaderBytes: 16_384, headersTimeoutMs: 5_000, maxConnections: 2_000 };

/** Why a host does not take a call; the edge sees it as `x-lastgood-reason`. */
export type HostRefusal = 'busy' | 'draining' | 'not-ready' | 'unauthorized' | 'bad-request';

export interface HostServerOptions {
  /** @returns undefined when the socket has been handed over */
  readonly takeCall: (request: IncomingMessage, socket: Socket, head: Buffer) => Promise<HostRefusal | undefined>;
  readonly healthy: () => boolean;
}

/** The host's HTTP side: `GET /calls` as an upgrade from an edge, `GET /healthz` for ECS. */
export const createHostServer = ({ takeCall, healthy }: HostServerOptions): Server => {
  const server = createServer({
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.headersTimeoutMs,
    noDelay: true,
  });
  server.maxConnections = limits.maxConnections;
  server.on('request', ({ url, method }, response) => {
    const status = method === 'GET' && url === '/healthz' ? (healthy() ? 200 : 503) : 404;
    response.writeHead(status, { 'content-length': 0 }).end();
  });
  server.on('upgrade', (request, duplex, head) => {
    const socket = duplex as Socket;
    // An edge that gives up resets its connection; the call has not begun then.
    const onError = () => socket.destroy();
    socket.on('error', onError);
    void takeCall(request, socket, head)
      .catch((): HostRefusal => 'not-ready')
      .then((refusal) => (refusal ? refuse(socket, refusal) : undefined));
  });
  return server;
};

/** @returns the port, once connections are accepted. @throws LastgoodError `port-in-use` */
export const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new LastgoodError('port-in-use', `port ${port} is taken by another process; set PORT to a free one`, {
              cause,
            })
          : cause,
      ),
    );
    server.listen(port, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });

const refuse = (socket: Socket, reason: HostRefusal): void => {
  socket.end(
    `HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\nx-lastgood-reason: ${reason}\r\n\r\n`,
  );
};
