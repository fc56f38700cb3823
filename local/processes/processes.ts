import { type Clock, pause } from '#core/clock.ts';
import { type ChildProcess, spawn } from 'node:child_process';
import { LastgoodError } from '#core/errors.ts';
import { eachLine } from './lines.ts';
import { startGuardian } from './guardian.ts';

export interface ProcessOptions {
  /** For people: `lambda lastgood-validate`, `task lastgood-edge`. */
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Opens the Node IPC channel. @default false */
  readonly ipc?: boolean;
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface ProcessExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ManagedProcess {
  readonly pid: number;
  readonly name: string;
  readonly child: ChildProcess;
  readonly exited: Promise<ProcessExit>;
  /** SIGTERM to the process, SIGKILL to its group after `graceMs`. Resolves when it is gone. */
  stop(graceMs: number): Promise<ProcessExit>;
  /** SIGKILL to the process and everything that it started. */
  kill(): Promise<ProcessExit>;
}

/** The child processes of the embedded cloud: each leads its own process group and dies with the cloud. */
export interface Processes {
  start(options: ProcessOptions): ManagedProcess;
  list(): readonly { readonly pid: number; readonly name: string }[];
  /** Kills what is left and lets the guardian go. */
  close(): Promise<void>;
}

const maxProcesses = 1_000;

const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: nobody is left in the group.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error;
  }
};

export const startProcesses = (clock: Clock): Processes => {
  const guardian = startGuardian();
  const running = new Map<number, ManagedProcess>();

  const start = (options: ProcessOptions): ManagedProcess => {
    if (running.size >= maxProcesses) {
      throw new LastgoodError(
        'busy',
        `The embedded cloud runs ${running.size} processes, which is its limit; stop some services.`,
      );
    }
    const [program, ...args] = options.command;
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...options.env },
      // Its own session: Ctrl-C in the terminal reaches the cloud alone, which then stops children in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', ...(options.ipc ? (['ipc'] as const) : [])],
    });
    const { pid } = child;
    if (pid !== undefined) guardian.watch(pid);
    if (child.stdout) eachLine(child.stdout, (line) => options.onLine(line, 'stdout'));
    if (child.stderr) eachLine(child.stderr, (line) => options.onLine(line, 'stderr'));
    const exited = new Promise<ProcessExit>((resolve) => {
      child.once('error', (error) => {
        options.onLine(`could not start ${program}: ${error.message}`, 'stderr');
        if (pid === undefined) resolve({ exitCode: 127, signal: null });
      });
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    });
    if (pid === undefined) {
      child.on('error', () => undefined);
      return { pid: -1, name: options.name, child, exited, stop: () => exited, kill: () => exited };
    }
    const kill = (): Promise<ProcessExit> => {
      if (child.exitCode === null && child.signalCode === null) signalGroup(pid, 'SIGKILL');
      return exited;
    };
    const managed: ManagedProcess = {
      pid,
      name: options.name,
      child,
      exited,
      kill,
      stop: async (graceMs) => {
        child.kill('SIGTERM');
        const patience = pause(clock, graceMs).then(() => 'late' as const);
        return (await Promise.race([exited, patience])) === 'late' ? kill() : exited;
      },
    };
    running.set(pid, managed);
    void exited.finally(() => {
      // What the process started and left behind goes with it.
      signalGroup(pid, 'SIGKILL');
      guardian.forget(pid);
      running.delete(pid);
    });
    return managed;
  };

  return {
    start,
    list: () => [...running.values()].map(({ pid, name }) => ({ pid, name })),
    close: async () => {
      await Promise.all([...running.values()].map((one) => one.kill()));
      await guardian.close();
    },
  };
};
