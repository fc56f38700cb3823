import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { LastgoodError } from '#core/errors.ts';
import { serviceOf } from '#core/org/services.ts';
import { parseOrThrow } from '#core/parse.ts';
import type { Command as HeadCommand } from '#core/version-set/command.ts';
import type { Head } from '#core/version-set/head.ts';
import { type ServiceName, SetName } from '#core/words/names.ts';
import { describeHead } from './describe-head.ts';
import { accessOrg, type OrgAccess, readOrg } from './org-access.ts';
import { versionNames } from './version-names.ts';

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
  const access = accessOrg(org);
  try {
    return await run({ access, service: serviceOf(org, service), set });
  } finally {
    access.connection.close();
  }
};

/** Who stands in the history for what is done here: the user of this machine, and the CI job where there is one. */
export const mover = (): { readonly by: string } => ({ by: `cli:${userInfo().username}` });

/** What a moved head is told as. `moved` is false for a repeat. */
export interface Move {
  readonly moved: boolean;
  readonly head: Head;
}

/** @throws LastgoodError `transition-refused` with the reason of the refusal */
export const moveHead = async (
  { access, service, set }: Pick<SetContext, 'service' | 'set'> & { readonly access: Pick<OrgAccess, 'heads'> },
  command: HeadCommand,
): Promise<Move> => {
  const result = await access.heads.apply(service, set, command, mover());
  if (result.kind === 'refused')
    throw new LastgoodError('transition-refused', result.reason, { details: { code: result.code } });
  return { moved: result.kind === 'moved', head: result.head };
};

/** Applies a command and says where new callers go now. */
export const moveAndPrint = async (context: SetContext, command: HeadCommand, json: boolean): Promise<void> => {
  const move = await moveHead(context, command);
  if (json) {
    process.stdout.write(`${JSON.stringify(move)}\n`);
    return;
  }
  const nameOf = await versionNames(context.access, context.service);
  const done = move.moved ? `revision ${move.head.revision}` : `nothing to do, revision ${move.head.revision}`;
  process.stdout.write(`${context.service}/${context.set}: ${done}\n${describeHead(move.head, nameOf, Date.now())}\n`);
};
