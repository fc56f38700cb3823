import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Clock } from '#core/clock.ts';
import type { AgentSetup, FromAgent, ToAgent } from '../agent/ipc.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One agent process: it carries one call and exits. */
export interface AgentProcess {
  readonly pid: number;
  /** Resolves when it has loaded its release; rejects when it exits before. */
  readonly ready: Promise<void>;
  readonly exited: Promise<Exit>;
  /** Asks for a sign of life. @returns false when none comes within `limitMs` */
  readonly lease: (limitMs: number) => Promise<boolean>;
  readonly send: (message: ToAgent, socket?: Socket) => void;
  /** The result of its call, once; never settles when the process dies without one. */
  readonly result: Promise<Extract<FromAgent, { type: 'result' }>>;
  readonly kill: () => void;
}

export interface AgentCommand {
  /** `runtime/agent/main.ts` */
  readonly entry: string;
  readonly setup: AgentSetup;
  /** Folder where Node keeps compiled modules, so that each process does not compile them again. */
  readonly compileCache: string;
  /** Heap limit of the process; the watched limit of its whole memory is higher. */
  readonly maxHeapMb: number;
}

/**
 * Starts an agent process. Its environment is empty but for what Node needs: code of a release never sees the host's credentials.
 */
export const forkAgent =
  ({ entry, setup, compileCache, maxHeapMb }: AgentCommand, clock: Clock) =>
  (): AgentProcess => {
    const child = fork(entry, [JSON.stringify(setup)], {
      env: { NODE_COMPILE_CACHE: compileCache, TZ: 'UTC', NODE_ENV: 'production' },
      execArgv: [`--max-old-space-size=${maxHeapMb}`, '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return agentProcess(child, clock);
  };

const agentProcess = (child: ChildProcess, clock: Clock): AgentProcess => {
  let nonce = 0;
  const leases = new Map<number, () => void>();
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  let onReady: () => void;
  let onResult: (message: Extract<FromAgent, { type: 'result' }>) => void;
  const ready = new Promise<void>((resolve, reject) => {
    onReady = resolve;
    void exited.then(({ code, signal }) =>
      reject(new Error(`the agent process exited (${code ?? signal}) before it was ready`)),
    );
  });
  ready.catch(() => undefined);
  const result = new Promise<Extract<FromAgent, { type: 'result' }>>((resolve) => {
    onResult = resolve;
  });
  child.on('message', (message: FromAgent) => {
    switch (message.type) {
      case 'ready':
        return onReady();
      case 'leased':
        return leases.get(message.nonce)?.();
      case 'result':
        return onResult(message);
    }
  });
  const send = (message: ToAgent, socket?: Socket) => {
    // A process that has just died answers nobody; its exit is what counts.
    if (child.connected) child.send(message, socket, { keepOpen: false }, () => undefined);
    else socket?.destroy();
  };
  return {
    pid: child.pid ?? -1,
    ready,
    exited,
    result,
    send,
    lease: (limitMs) =>
      new Promise((resolve) => {
        const own = ++nonce;
        const settle = (alive: boolean) => {
          cancel();
          leases.delete(own);
          resolve(alive);
        };
        const cancel = clock.after(limitMs, () => settle(false));
        leases.set(own, () => settle(true));
        void exited.then(() => settle(false));
        send({ type: 'lease', nonce: own });
      }),
    kill: () => void child.kill('SIGKILL'),
  };
};
