import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Reads `+ <pid>` and `- <pid>` and, when its input ends because the embedded cloud is gone (also by kill -9),
 * kills the process group of every pid left. A shell, because it must be small and must not share a runtime with
 * what it watches. It ignores the terminal's signals: a graceful close lets it go last.
 */
const script = `
trap '' INT TERM HUP
pids=' '
while read -r what pid; do
  case "$what" in
    +) pids="$pids$pid " ;;
    -) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -9 "-$pid" 2>/dev/null; done
exit 0
`;

/** Makes sure that processes die with this one. */
export interface Guardian {
  readonly pid: number | undefined;
  watch(pid: number): void;
  forget(pid: number): void;
  /** Ends the guardian; what it still watches is killed. */
  close(): Promise<void>;
}

export const startGuardian = (): Guardian => {
  const shell: ChildProcess = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  shell.unref();
  const input = shell.stdin;
  if (input && 'unref' in input && typeof input.unref === 'function') input.unref();
  // Writing to a guardian that somebody killed must not bring the cloud down.
  input?.on('error', () => undefined);
  const exited = new Promise<void>((resolve) => {
    shell.once('exit', () => resolve());
    shell.once('error', () => resolve());
  });
  return {
    pid: shell.pid,
    watch: (pid) => void input?.write(`+ ${pid}\n`),
    forget: (pid) => void input?.write(`- ${pid}\n`),
    close: () => {
      shell.ref();
      input?.end();
      return exited;
    },
  };
};
