import { type Server, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { LastgoodError } from '#core/errors.ts';

/** Everything in the embedded cloud listens here: nobody outside this machine reaches it. */
const loopback = '127.0.0.1';

/**
 * Makes a server listen on the loopback interface.
 * @param port 0 for a free one
 * @param what names the port in the error: `the port of a load balancer`
 * @throws LastgoodError `port-in-use`
 * @returns the port
 */
export const listen = (server: Server, port: number, what = 'the port'): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(cause.code === 'EADDRINUSE' ? portInUse(port, what, cause) : cause),
    );
    server.listen(port, loopback, () => resolve((server.address() as AddressInfo).port));
  });

const portInUse = (port: number, what: string, cause: Error): LastgoodError =>
  new LastgoodError(
    'port-in-use',
    `Port ${port} on ${loopback} (${what}) is taken by another process. Stop it, or choose another port with --port.`,
    { cause },
  );

/** Ends a server's listening; its connections are the caller's to close. */
export const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });

/**
 * A port of the loopback interface that nobody listens on now. The kernel hands out others first, so it stays free
 * for the moment that a task needs to take it.
 */
export const freePort = async (): Promise<number> => {
  const server = createServer();
  const port = await listen(server, 0);
  await closeServer(server);
  return port;
};
