import { LastgoodError } from '../errors.ts';
import { parseYamlAs } from '../parse-yaml.ts';
import { Org, parseOrg } from './org.ts';

/** An org file is small; anything larger is not one. */
const maxOrgFileCharacters = 64 * 1024;

/**
 * Reads the text of `<name>.yaml`.
 * @param source names the file for the reader: `orgs/acme.yaml`
 * @throws LastgoodError `invalid-input` with file and line of every problem; `outside-zone` for a region outside the zone
 */
export const parseOrgFile = (name: string, text: string, source: string): Org => {
  if (text.length > maxOrgFileCharacters) {
    throw new LastgoodError(
      'invalid-input',
      `${source} has ${text.length} characters; an org file has at most ${maxOrgFileCharacters}`,
    );
  }
  const org = parseOrg(parseYamlAs(Org, text, source), source);
  if (org.name !== name) {
    throw new LastgoodError(
      'invalid-input',
      `${source} names its org "${org.name}". The file is named after the org: rename one of them.`,
    );
  }
  return org;
};

/**
 * An org is the isolation boundary (T1), so an account belongs to one org.
 * @throws LastgoodError `invalid-input` naming both orgs
 */
export const refuseSharedAccounts = (orgs: readonly Org[]): void => {
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
