import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LastgoodError } from '#core/errors.ts';
import type { Org } from '#core/org/org.ts';
import { parseOrgFile, refuseSharedAccounts } from '#core/org/org-files.ts';

export interface LoadOrgsOptions {
  /** Folder with one `<org name>.yaml` per org. */
  readonly directory: string;
  /**
   * Org names, comma separated, as `-c org=` gives them. Only these files are read, so the time, and a mistake
   * in another org's file, do not depend on how many orgs there are.
   * @default - every org of the folder
   */
  readonly select?: string;
}

/**
 * Reads orgs as data (T2), in order of their names.
 * @throws LastgoodError `unknown-name` for a selected org without a file, `invalid-input` for a file that is not a
 *   valid org or an account that two orgs claim, `outside-zone` for a region outside the org's zone
 */
export const loadOrgs = ({ directory, select }: LoadOrgsOptions): readonly Org[] => {
  const known = readdirSync(directory)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
  const orgs = (select === undefined ? known : selectedNames(select, known)).map((name) => readOrg(directory, name));
  if (orgs.length === 0)
    throw new LastgoodError('unknown-name', `${directory} holds no org; add one as <org name>.yaml.`);
  refuseSharedAccounts(orgs);
  return orgs;
};

const selectedNames = (select: string, known: readonly string[]): readonly string[] => {
  const names = [...new Set(select.split(',').map((name) => name.trim()))].sort();
  for (const name of names) {
    if (!known.includes(name)) {
      throw new LastgoodError(
        'unknown-name',
        `There is no org "${name}". Known: ${known.join(', ') || 'none'}. Correct -c org= or add orgs/${name}.yaml.`,
      );
    }
  }
  return names;
};

const readOrg = (directory: string, name: string): Org =>
  parseOrgFile(name, readFileSync(join(directory, `${name}.yaml`), 'utf8'), `orgs/${name}.yaml`);
