import { mkdirSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';

/** A JSON value that outlives the process: change `value`, then `save()`. */
export interface Document<T> {
  value: T;
  /** Resolves when the present value is on the disk; concurrent saves are merged into one write. */
  save(): Promise<void>;
}

/** Writes a file whole or not at all: a reader sees the old bytes or the new ones, also after kill -9. */
export const writeWhole = async (path: string, bytes: string | Uint8Array): Promise<void> => {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    throw asDiskError(cause, path);
  }
};

/** Names the full disk; other errors pass. */
export const asDiskError = (error: unknown, path: string): unknown =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    ? new LastgoodError('disk-full', `No room left on the disk while writing ${path}; free some space and try again.`, {
        cause: error,
      })
    : error;

const readJson = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new LastgoodError('invalid-input', `${path} is not readable as JSON; restore it or remove the data folder.`, {
      cause: error,
    });
  }
};

/**
 * Opens the document at `path`, or `initial` when there is none yet. Without a path it lives in memory only.
 * @throws LastgoodError `invalid-input` when the stored value does not fit the schema, `disk-full` from `save`
 */
export const openDocument = <T>(path: string | undefined, schema: z.ZodType<T>, initial: T): Document<T> => {
  if (path === undefined) return { value: initial, save: () => Promise.resolve() };
  mkdirSync(dirname(path), { recursive: true });
  const stored = readJson(path);
  let running: Promise<void> | undefined;
  let waiting: Promise<void> | undefined;
  const write = (): Promise<void> => {
    running = writeWhole(path, JSON.stringify(document.value)).finally(() => {
      running = undefined;
    });
    return running;
  };
  const document: Document<T> = {
    value: stored === undefined ? initial : parseOrThrow(schema, stored, path),
    save: () => {
      if (running === undefined) return write();
      // One write follows the running one and carries every change made meanwhile.
      waiting ??= running
        .catch(() => undefined)
        .then(() => {
          waiting = undefined;
          return write();
        });
      return waiting;
    },
  };
  return document;
};
