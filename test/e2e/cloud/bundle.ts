import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { FunctionConfig } from '#local/services/lambda/function-config.ts';

export const scope = { account: '111111111111', region: 'us-east-1' } as const;

/** A folder with one file, which goes with the test. */
export const folderWith = (file: string, text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'lastgood-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, file), text);
  return folder;
};

/** A function whose bundle is the given source, as CDK would have built it. */
export const functionOf = (
  name: string,
  source: string,
  changes: Partial<FunctionConfig> & { readonly file?: string } = {},
): FunctionConfig => {
  const { file = 'index.mjs', ...config } = changes;
  return {
    name,
    codeFolder: folderWith(file, source),
    handler: 'index.handler',
    runtime: 'nodejs24.x',
    environment: {},
    timeoutMs: 10_000,
    memoryMb: 128,
    logGroup: `/aws/lambda/${name}`,
    ...config,
  };
};

/** True while the process exists. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
