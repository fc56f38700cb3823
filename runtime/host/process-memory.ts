import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Resident memory of a process in bytes; undefined when it is gone. Linux reads `/proc`, other systems ask `ps`. */
export const residentBytes = async (pid: number): Promise<number | undefined> => {
  try {
    const text =
      process.platform === 'linux'
        ? /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
        : (await run('ps', ['-o', 'rss=', '-p', String(pid)])).stdout.trim();
    return text === undefined ? undefined : Number(text) * 1_024;
  } catch {
    return undefined;
  }
};
