import { buffer } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';
import { LastgoodError } from '../errors.ts';
import { AgentPath } from '../words/agent-names.ts';

/** The module of a bundle that exports `tools`. */
export const bundleEntry = 'index.mjs';

/** Most bytes of all files of a bundle together. */
export const maxBundleBytes = 50_000_000;
const maxBundleFiles = 2_000;

/** Code-unit order: the same on every machine, whatever its locale. */
export const byPath = (a: { readonly path: string }, b: { readonly path: string }): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : 0;

/** One file with its path inside the agent's folder or bundle. */
export interface BundleFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A tar of the files that depends on nothing but their paths and bytes: sorted, one mode, one owner, no time. */
export const packBundle = async (files: readonly BundleFile[]): Promise<Uint8Array> => {
  const archive = pack();
  const whole = buffer(archive);
  for (const { path, bytes } of [...files].sort(byPath)) {
    archive.entry(
      { name: path, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '', type: 'file' },
      Buffer.from(bytes),
    );
  }
  archive.finalize();
  return new Uint8Array(await whole);
};

/**
 * Files of a bundle, sorted by path. Links, devices, paths that leave the bundle and oversized content are refused.
 * @throws LastgoodError `invalid-input`
 */
export const unpackBundle = async (bytes: Uint8Array): Promise<readonly BundleFile[]> => {
  const files: BundleFile[] = [];
  let size = 0;
  const archive = extract();
  archive.end(Buffer.from(bytes));
  for await (const entry of archive) {
    const { name, type } = entry.header;
    size += entry.header.size;
    if (type !== 'file') throw refused(`${name} is a ${type}; a bundle holds files only`);
    if (!AgentPath.safeParse(name).success) throw refused(`${name} is not a path inside the bundle`);
    if (files.some((file) => file.path === name)) throw refused(`${name} stands twice`);
    if (size > maxBundleBytes) throw refused(`it unpacks to more than ${maxBundleBytes} bytes`);
    if (files.length >= maxBundleFiles) throw refused(`it holds more than ${maxBundleFiles} files`);
    files.push({ path: name, bytes: new Uint8Array(await buffer(entry)) });
  }
  return files.sort(byPath);
};

const refused = (why: string): LastgoodError =>
  new LastgoodError('invalid-input', `the bundle is refused: ${why}; build the release again`);
