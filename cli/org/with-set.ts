import type { Command } from 'commander';
import { serviceOf } from '#core/org/services.ts';
import { parseOrThrow } from '#core/parse.ts';
import { type ServiceName, SetName } from '#core/words/names.ts';
import { type OrgAccess, withOrg } from './org-access.ts';
import { readOrg } from './read-org.ts';

/** Options of the commands that are about one version set. */
export interface SetOptions {
  readonly org?: string;
  readonly orgs: string;
  readonly set: string;
  readonly json: boolean;
}

export const setOptions = (command: Command): Command =>
  command
    .argument('<service>', 'service of the org')
    .option('--org <name>', 'org; needed when there are several')
    .option('--orgs <folder>', 'folder of org files', 'orgs')
    .option('--set <name>', 'version set', 'release')
    .option('--json', 'print one JSON object', false);

export interface SetContext {
  readonly access: OrgAccess;
  readonly service: ServiceName;
  readonly set: SetName;
}

/** Runs with the stores of the org that the options name, and closes them. */
export const withSet = async <T>(
  service: string,
  options: Omit<SetOptions, 'json'>,
  run: (context: SetContext) => Promise<T>,
): Promise<T> => {
  const org = await readOrg(options.org, options.orgs);
  const set = parseOrThrow(SetName, options.set, '--set');
  return withOrg(org, async (access) => run({ access, service: serviceOf(org, service), set }));
};
