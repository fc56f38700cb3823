import { type Dirent } from 'node:fs';
import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { LastgoodError } from '#core/errors.ts';
import { type BundleFile, byPath } from '#core/release/bundle.ts';

/** Most that one agent's folder may hold. */
export const folderLimits = { files: 2_000, fileBytes: 5_000_000, totalBytes: 50_000_000, depth: 12 } as const;

/** An agent's folder on this machine, without links: paths handed out are relative to it, with `/`. */
export interface AgentFolder {
  readonly root: string;
  /** Every name at the top that does not begin with a dot. */
  readonly names: readonly string[];
  /** One file. @throws LastgoodError `invalid-input` when it is missing, unreadable, too large or leads outside */
  readonly read: (path: string) => Promise<Uint8Array>;
  /** The files below a folder, sorted by code units; none when there is no such folder. Names with a dot in front are left out. */
  readonly readAll: (folder: string) => Promise<readonly BundleFile[]>;
}

/** @throws LastgoodError `invalid-input` when `path` is no folder that can be read */
export const openAgentFolder = async (path: string): Promise<AgentFolder> => {
  const root = await realpath(path).catch((cause: unknown) => {
    throw new LastgoodError('invalid-input', `there is no agent folder at ${path}: ${reasonOf(cause)}`, { cause });
  });
  if (!(await stat(root)).isDirectory())
    throw new LastgoodError('invalid-input', `${path} is a file; give the folder that holds agent.yaml`);

  const names = (await readdir(root)).filter(isVisible).sort();
  return {
    root,
    names,
    read: (file) => readOne(root, file),
    readAll: async (folder) => (names.includes(folder) ? readBelow(root, folder) : []),
  };
};

const isVisible = (name: string): boolean => !name.startsWith('.');

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied; allow reading it',
  EPERM: 'permission denied; allow reading it',
  ELOOP: 'its links lead in a circle',
  ENOTDIR: 'part of the path is a file',
  EISDIR: 'it is a folder, not a file',
};

const reasonOf = (cause: unknown): string => {
  const code: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined;
  return (typeof code === 'string' ? reasons[code] : undefined) ?? String(cause);
};

const readOne = async (root: string, path: string): Promise<Uint8Array> => {
  const unreadable = (cause: unknown): never => {
    throw new LastgoodError('invalid-input', `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  };
  const target = await realpath(join(root, path)).catch(unreadable);
  if (target !== root && relative(root, target).split(sep)[0] === '..') {
    throw new LastgoodError(
      'invalid-input',
      `${path} is a link out of the agent's folder; copy the file into the folder`,
    );
  }
  const { size, ...kind } = await lstat(target)
    .then((found) => ({ size: found.size, isFile: found.isFile(), isFolder: found.isDirectory() }))
    .catch(unreadable);
  if (kind.isFolder) throw new LastgoodError('invalid-input', `${path} is a folder or a link to one; a file is needed`);
  if (!kind.isFile) throw new LastgoodError('invalid-input', `${path} is neither file nor folder; remove it`);
  if (size > folderLimits.fileBytes) {
    throw new LastgoodError(
      'invalid-input',
      `${path} has ${size} bytes; a file of an agent has at most ${folderLimits.fileBytes}. Divide it or leave it out.`,
    );
  }
  return new Uint8Array(await readFile(target).catch(unreadable));
};

const readBelow = async (root: string, folder: string): Promise<readonly BundleFile[]> => {
  const files: BundleFile[] = [];
  let total = 0;
  const visit = async (path: string, depth: number): Promise<void> => {
    if (depth > folderLimits.depth)
      throw new LastgoodError('invalid-input', `${path} lies deeper than ${folderLimits.depth} folders`);

    const entries: Dirent[] = await readdir(join(root, path), { withFileTypes: true }).catch((cause: unknown) => {
      throw new LastgoodError('invalid-input', `${path} cannot be read: ${reasonOf(cause)}`, { cause });
    });
    for (const entry of entries.filter(({ name }) => isVisible(name))) {
      const child = `${path}/${entry.name}`;
      if (entry.isDirectory()) {
        await visit(child, depth + 1);
        continue;
      }
      const bytes = await readOne(root, child);
      total += bytes.length;
      // macOS hands out decomposed names for the same file; the release has one spelling.
      files.push({ path: child.normalize('NFC'), bytes });
      if (files.length > folderLimits.files || total > folderLimits.totalBytes) {
        throw new LastgoodError(
          'invalid-input',
          `${folder} holds more than ${folderLimits.files} files or ${folderLimits.totalBytes} bytes; leave out what the agent does not need`,
        );
      }
    }
  };
  await visit(folder, 1);
  return files.sort(byPath);
};
