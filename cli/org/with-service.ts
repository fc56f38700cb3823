import type { Command } from 'commander';
import { LastgoodError } from '#core/errors.ts';
import { serviceOf } from '#core/org/services.ts';
import type { ServiceName } from '#core/words/names.ts';
import { type OrgAccess, withOrg } from './org-access.ts';
import { readOrg } from './read-org.ts';

/** Options of the commands that read an org's releases. */
export interface ReleaseOptions {
  readonly org?: string;
  readonly orgs: string;
  readonly service?: string;
  readonly json: boolean;
}

export const releaseOptions = (command: Command): Command =>
  command
    .option('--org <name>', 'org; needed when there are several')
    .option('--orgs <folder>', 'folder of org files', 'orgs')
    .option('--service <name>', 'service; needed when the org runs several')
    .option('--json', 'print one JSON object', false);

/**
 * Runs with the stores of the org and the service that the options name, and closes them.
 * @throws LastgoodError `invalid-input` or `unknown-name` with the names there are
 */
export const withService = async <T>(
  options: Pick<ReleaseOptions, 'org' | 'orgs' | 'service'>,
  run: (context: { readonly access: OrgAccess; readonly service: ServiceName }) => Promise<T>,
): Promise<T> => {
  const org = await readOrg(options.org, options.orgs);
  const names = org.services.map((service) => service.name);
  const name = options.service ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined)
    throw new LastgoodError('invalid-input', `name a service with --service; org ${org.name} runs ${names.join(', ')}`);

  const service = serviceOf(org, name);
  return withOrg(org, (access) => run({ access, service }));
};
