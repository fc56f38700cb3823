import { newUuid } from '../../chance.ts';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { parseOrThrow } from '#core/parse.ts';
import { asDiskError, writeWhole } from '../../storage/document.ts';

export const ObjectHead = z.object({
  key: z.string(),
  /** File name of the body beside the head. */
  body: z.string(),
  size: z.number(),
  /** Quoted MD5, as S3 has it for whole uploads. */
  etag: z.string(),
  contentType: z.string(),
  lastModified: z.number(),
  /** Further headers that come back with the body, such as `cache-control`. */
  headers: z.record(z.string(), z.string()).default({}),
  /** `x-amz-meta-…` without the prefix. */
  metadata: z.record(z.string(), z.string()),
  /** Base64 checksums computed while the body was written. */
  crc32: z.string(),
  sha256: z.string(),
});
export type ObjectHead = z.infer<typeof ObjectHead>;

/** A body that is on the disk but belongs to no object yet. */
export interface StagedBody {
  readonly file: string;
  readonly size: number;
  readonly etag: string;
  readonly crc32: string;
  readonly sha256: string;
}

/** The objects of one bucket: heads in memory, bodies in files. */
export interface ObjectStore {
  head(key: string): ObjectHead | undefined;
  keys(): readonly string[];
  read(head: ObjectHead, range?: { readonly start: number; readonly end: number }): Readable;
  stage(body: Readable): Promise<StagedBody>;
  discard(staged: StagedBody): Promise<void>;
  /**
   * Makes a staged body the object: readers see the old object or the new one, whole. Writers of one key take turns.
   * @param check runs when it is this writer's turn; what it throws refuses the write
   */
  commit(
    staged: StagedBody,
    head: Pick<ObjectHead, 'key' | 'contentType' | 'headers' | 'metadata' | 'lastModified'>,
    check: () => void,
  ): Promise<ObjectHead>;
  remove(key: string): Promise<void>;
}

const fileOf = (key: string): string => createHash('sha256').update(key).digest('hex');

/** Runs the tasks of one key one after the other; a task that fails does not hold up the next. */
const inTurn = <T>(turns: Map<string, Promise<void>>, key: string, task: () => Promise<T>): Promise<T> => {
  const run = (turns.get(key) ?? Promise.resolve()).then(task);
  const over = (): void => {
    if (turns.get(key) === ended) turns.delete(key);
  };
  const ended: Promise<void> = run.then(over, over);
  turns.set(key, ended);
  return run;
};

const measure = () => {
  const md5 = createHash('md5');
  const sha256 = createHash('sha256');
  let checksum = 0;
  let size = 0;
  const through = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      md5.update(chunk);
      sha256.update(chunk);
      checksum = crc32(chunk, checksum);
      size += chunk.length;
      done(null, chunk);
    },
  });
  const result = () => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(checksum);
    return { size, etag: `"${md5.digest('hex')}"`, crc32: bytes.toString('base64'), sha256: sha256.digest('base64') };
  };
  return { through, result };
};

const loadHeads = (folder: string): Map<string, ObjectHead> => {
  const heads = new Map<string, ObjectHead>();
  const files = readdirSync(folder);
  for (const file of files.filter((name) => name.endsWith('.json'))) {
    const head = parseOrThrow(ObjectHead, JSON.parse(readFileSync(join(folder, file), 'utf8')), join(folder, file));
    heads.set(head.key, head);
  }
  const used = new Set([...heads.values()].map((head) => head.body));
  // Bodies without a head are what a crash left of an upload.
  for (const file of files) if (!file.endsWith('.json') && !used.has(file)) rmSync(join(folder, file));
  return heads;
};

export const openObjectStore = (folder: string): ObjectStore => {
  mkdirSync(folder, { recursive: true });
  const heads = loadHeads(folder);
  const turns = new Map<string, Promise<void>>();
  return {
    head: (key) => heads.get(key),
    keys: () => [...heads.keys()].sort(),
    read: (head, range) => createReadStream(join(folder, head.body), range),
    stage: async (body) => {
      const file = join(folder, `${newUuid()}.upload`);
      const { through, result } = measure();
      try {
        await pipeline(body, through, createWriteStream(file, { flush: true }));
      } catch (error) {
        await rm(file, { force: true });
        throw asDiskError(error, file);
      }
      return { file, ...result() };
    },
    discard: (staged) => rm(staged.file, { force: true }),
    commit: (staged, { key, ...about }, check) =>
      inTurn(turns, key, async () => {
        check();
        const { file, ...measured } = staged;
        const old = heads.get(key);
        const head: ObjectHead = { key, body: `${fileOf(key)}.${newUuid()}.body`, ...measured, ...about };
        await rename(file, join(folder, head.body));
        await writeWhole(join(folder, `${fileOf(key)}.json`), JSON.stringify(head));
        heads.set(key, head);
        // A reader that has the old body open keeps it until it closes the file.
        if (old) await rm(join(folder, old.body), { force: true });
        return head;
      }),
    remove: async (key) => {
      const head = heads.get(key);
      if (!head) return;
      heads.delete(key);
      await rm(join(folder, `${fileOf(key)}.json`), { force: true });
      await rm(join(folder, head.body), { force: true });
    },
  };
};
