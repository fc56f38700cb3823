import { createServer } from 'node:net';

/**
 * A port of the loopback interface that nobody listens on now. The kernel hands out others first, so it stays free
 * for the moment that a task needs to take it.
 */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
