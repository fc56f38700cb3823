import { createWriteStream } from 'node:fs';
import type { CloudLog, CloudLogEntry } from '#local/context.ts';

/** What tasks, functions and the embedded cloud write, as JSON lines of a file; bounded, so that a forgotten cloud fills no disk. */
export interface LogFile {
  readonly log: CloudLog;
  close(): Promise<void>;
}

const maxBytes = 512 * 1024 * 1024;

const textOf = (entry: CloudLogEntry): string => `${JSON.stringify(entry)}\n`;

export const openLogFile = (path: string): LogFile => {
  const file = createWriteStream(path, { flags: 'w' });
  // Logs are a convenience: a full disk must not end calls.
  file.on('error', () => undefined);
  let written = 0;
  return {
    log: (entry) => {
      const text = textOf(entry);
      written += text.length;
      if (written <= maxBytes) file.write(text);
    },
    close: () => new Promise((resolve) => file.end(() => resolve())),
  };
};
