import { type Server, type Socket, connect, createServer } from 'node:net';
import { closeServer, listen } from '../../net/listen.ts';
import type { Target, TargetGroups } from './target-groups.ts';

/** Connections of one load balancer at once. */
const maxConnections = 5_000;
const connectTimeoutMs = 2_000;
const connectAttempts = 3;

const dial = (target: Target): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ port: target.port, host: '127.0.0.1', noDelay: true, timeout: connectTimeoutMs });
    socket.once('timeout', () => socket.destroy(new Error('timeout')));
    socket.once('connect', () => {
      // A call may be silent for hours.
      socket.setTimeout(0).removeAllListeners('timeout');
      resolve(socket);
    });
    socket.once('error', () => resolve(undefined));
  });

const splice = (client: Socket, upstream: Socket): void => {
  client.on('error', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
  client.on('close', () => upstream.destroy());
  upstream.on('close', () => client.destroy());
  client.pipe(upstream).pipe(client);
};

/**
 * The listener of a network load balancer: plain TCP, each connection spliced to one target for as long as both sides
 * keep it, whatever becomes of the target's registration.
 */
export class Listener {
  readonly #targets: TargetGroups;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #targetGroupArn: string;

  constructor(targets: TargetGroups, targetGroupArn: string) {
    this.#targets = targets;
    this.#targetGroupArn = targetGroupArn;
    this.#server = createServer({ noDelay: true, pauseOnConnect: true }, (client) => void this.#accept(client));
    this.#server.maxConnections = maxConnections;
  }

  /**
   * @param port 0 for a free one
   * @throws LastgoodError `port-in-use`
   */
  listen(port: number): Promise<number> {
    return listen(this.#server, port, 'a load balancer');
  }

  forwardTo(targetGroupArn: string): void {
    this.#targetGroupArn = targetGroupArn;
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return closeServer(this.#server);
  }

  async #accept(client: Socket): Promise<void> {
    this.#sockets.add(client);
    client.once('close', () => this.#sockets.delete(client));
    client.on('error', () => undefined);
    for (let attempt = 0; attempt < connectAttempts; attempt += 1) {
      const target = this.#targets.choose(this.#targetGroupArn);
      const upstream = target && (await dial(target));
      if (upstream) {
        splice(client, upstream);
        client.resume();
        return;
      }
    }
    client.destroy();
  }
}
