import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { YAMLParseError, parse } from 'yaml';
import { LastgoodError } from '#core/errors.ts';
import { type Org, parseOrg } from '#core/org/org.ts';

/** An org file is small; anything larger is not one. */
const maxOrgFileBytes = 64 * 1024;

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

const readOrg = (directory: string, name: string): Org => {
  const source = `orgs/${name}.yaml`;
  const text = readFileSync(join(directory, `${name}.yaml`), 'utf8');
  if (Buffer.byteLength(text) > maxOrgFileBytes)
    throw new LastgoodError('invalid-input', `${source} is larger than ${maxOrgFileBytes} bytes; it is not an org.`);
  const org = parseOrg(parseYaml(text, source), source);
  if (org.name !== name) {
    throw new LastgoodError(
      'invalid-input',
      `${source} names its org "${org.name}". The file is named after the org: rename one of them.`,
    );
  }
  return org;
};

const parseYaml = (text: string, source: string): unknown => {
  try {
    return parse(text);
  } catch (cause) {
    if (cause instanceof YAMLParseError)
      throw new LastgoodError('invalid-input', `${source} is not YAML: ${cause.message}`, { cause });
    throw cause;
  }
};

/** An org is the isolation boundary (T1), so an account belongs to one org. */
const refuseSharedAccounts = (orgs: readonly Org[]): void => {
  const owners = new Map<string, Org>();
  for (const org of orgs) {
    const owner = owners.get(org.account);
    if (owner) {
      throw new LastgoodError(
        'invalid-input',
        `Orgs ${owner.name} and ${org.name} both claim account ${org.account} (regions ${owner.region} and ` +
          `${org.region}). An org is one account: give each its own.`,
      );
    }
    owners.set(org.account, org);
  }
};
