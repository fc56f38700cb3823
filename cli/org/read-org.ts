import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LastgoodError } from '#core/errors.ts';
import type { Org } from '#core/org/org.ts';
import { parseOrgFile, refuseSharedAccounts } from '#core/org/org-files.ts';

/**
 * Reads an org's file.
 * @param name @default - the only org of the folder
 * @throws LastgoodError `unknown-name` with the names there are, `invalid-input` with file and line, `outside-zone`
 */
export const readOrg = async (name: string | undefined, folder: string): Promise<Org> => {
  const names = await namesIn(folder);
  const [only] = names;
  const wanted = name ?? (names.length === 1 ? only : undefined);
  if (wanted === undefined)
    throw new LastgoodError('invalid-input', `name an org with --org; ${folder} has ${names.join(', ') || 'none'}`);
  return read(wanted, names, folder);
};

/**
 * The org that `name` says, or every org of the folder.
 * @throws LastgoodError as `readOrg`; `not-found` when the folder has none, `invalid-input` when two claim one account
 */
export const readOrgs = async (name: string | undefined, folder: string): Promise<readonly Org[]> => {
  const names = await namesIn(folder);
  if (name === undefined && names.length === 0)
    throw new LastgoodError('not-found', `the folder ${folder} has no org file <name>.yaml`);
  const wanted = name === undefined ? names : [name];
  const orgs = await Promise.all(wanted.map((one) => read(one, names, folder)));
  refuseSharedAccounts(orgs);
  return orgs;
};

/** Orgs of a folder with one `<name>.yaml` each, by name. */
const namesIn = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new LastgoodError('not-found', `there is no folder of orgs at ${folder}; give one with --orgs`, { cause });
  });
  return entries
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith('.yaml'))
    .map(({ name }) => name.slice(0, -'.yaml'.length))
    .sort();
};

const read = async (name: string, names: readonly string[], folder: string): Promise<Org> => {
  if (!names.includes(name))
    throw new LastgoodError('unknown-name', `there is no org ${name}; ${folder} has ${names.join(', ') || 'none'}`);
  const source = join(folder, `${name}.yaml`);
  return parseOrgFile(name, await readFile(source, 'utf8'), source);
};
