import type { Socket } from 'node:net';
import type { Clock } from '#core/clock.ts';

/** The kernel asks a silent peer whether it is still there; a live call is never cut for being quiet. */
const keepAliveMs = 15_000;
/** When one side has finished, the other may take this long to finish too. */
const halfClosedMs = 60_000;

/**
 * Joins two sockets byte for byte, both ways, until both have ended. `pipe` carries back-pressure and half-close; an
 * error on one side ends the other. Both sockets must allow half-open connections.
 * @returns when both are closed
 */
export const splice = (clock: Clock, client: Socket, host: Socket): Promise<void> =>
  new Promise((resolve) => {
    let open = 2;
    let cancelLinger: (() => void) | undefined;
    const join = (from: Socket, to: Socket) => {
      prepare(from);
      from.on('error', () => to.destroy());
      from.once('end', () => {
        cancelLinger ??= clock.after(halfClosedMs, () => {
          client.destroy();
          host.destroy();
        });
      });
      from.once('close', () => {
        to.end();
        open--;
        if (open > 0) return;
        cancelLinger?.();
        resolve();
      });
      if (from.destroyed) return void (to.destroy(), open--, open === 0 && resolve());
      from.pipe(to);
    };
    join(client, host);
    join(host, client);
  });

const prepare = (socket: Socket): void => {
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveMs);
};
