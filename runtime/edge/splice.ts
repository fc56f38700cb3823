import type { Socket } from 'node:net';

/** The kernel asks a silent peer whether it is still there; a live call is never cut for being quiet. */
const keepAliveMs = 15_000;
/** When one side has finished, the other may take this long to finish too. */
const halfClosedMs = 60_000;

const prepare = (socket: Socket): void => {
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveMs);
};

/**
 * Joins two sockets byte for byte, both ways, until both have ended. `pipe` carries back-pressure and half-close; an
 * error on one side ends the other. Both sockets must allow half-open connections.
 * @returns when both are closed
 */
export const splice = (client: Socket, host: Socket): Promise<void> =>
  new Promise((resolve) => {
    let open = 2;
    let linger: NodeJS.Timeout | undefined;
    const join = (from: Socket, to: Socket) => {
      prepare(from);
      from.on('error', () => to.destroy());
      from.once('end', () => {
        linger ??= setTimeout(() => {
          client.destroy();
          host.destroy();
        }, halfClosedMs);
      });
      from.once('close', () => {
        to.end();
        open--;
        if (open > 0) return;
        clearTimeout(linger);
        resolve();
      });
      if (from.destroyed) return void (to.destroy(), open--, open === 0 && resolve());
      from.pipe(to);
    };
    join(client, host);
    join(host, client);
  });
