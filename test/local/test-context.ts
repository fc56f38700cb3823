import type { Clock } from '#core/clock.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CloudContext, CloudLogEntry } from '#local/context.ts';
import type { Processes } from '#local/processes/processes.ts';
import { ManualClock } from '#memory/manual-clock.ts';

export const scope = { account: '111111111111', region: 'us-east-1' } as const;

/** A temporary folder that goes with the test. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'lastgood-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const noProcesses: Processes = {
  start: () => {
    throw new Error('this test starts no process');
  },
  list: () => [],
  close: () => Promise.resolve(),
};

export interface TestContext extends CloudContext {
  readonly lines: CloudLogEntry[];
}

/** A context of the embedded cloud without a server and without processes. */
export const testContext = (options: { clock?: Clock; folder?: string; durable?: boolean } = {}): TestContext => {
  const lines: CloudLogEntry[] = [];
  return {
    lines,
    clock: options.clock ?? new ManualClock(),
    log: (entry) => lines.push(entry),
    endpoint: () => 'http://127.0.0.1:1',
    projectRoot: '/nowhere',
    folder: options.folder ?? temporaryFolder(),
    durable: options.durable ?? false,
    processes: noProcesses,
  };
};
