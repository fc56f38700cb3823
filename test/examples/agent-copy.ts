import { cp, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const clinic = fileURLToPath(new URL('../../examples/clinic', import.meta.url));
const changes = fileURLToPath(new URL('../../examples/clinic-changes', import.meta.url));

/** A folder that is removed at the end of its scope. */
export interface Copy extends AsyncDisposable {
  readonly path: string;
  /** Writes a file of the copy. */
  readonly write: (file: string, text: string | Uint8Array) => Promise<void>;
  /** Replaces text in a file; fails when it does not stand there. */
  readonly replace: (file: string, from: string, to: string) => Promise<void>;
}

export const emptyFolder = async (): Promise<Copy> => {
  const path = await mkdtemp(join(tmpdir(), 'lastgood-test-'));
  const write = async (file: string, text: string | Uint8Array) => {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), text);
  };
  return {
    path,
    write,
    replace: async (file, from, to) => {
      const text = await readFile(join(path, file), 'utf8');
      if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`);
      await write(file, text.replace(from, to));
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
};

/** The example agent, or a later version of it. */
export const clinicCopy = async (version?: '1.1' | '1.2'): Promise<Copy> => {
  const copy = await emptyFolder();
  await cp(clinic, copy.path, { recursive: true });
  if (version) await cp(join(changes, version), copy.path, { recursive: true });
  return copy;
};

/** The same files written in another order, with other times and modes. */
export const shuffledCopy = async (): Promise<Copy> => {
  const copy = await emptyFolder();
  const files = await readdir(clinic, { recursive: true, withFileTypes: true });
  const before = process.umask(0o077);
  try {
    for (const file of files.filter((entry) => entry.isFile()).toReversed()) {
      const source = join(file.parentPath, file.name);
      const target = source.slice(clinic.length + 1);
      await copy.write(target, await readFile(source));
      await utimes(join(copy.path, target), 1_000_000, 1_000_000);
    }
  } finally {
    process.umask(before);
  }
  return copy;
};
