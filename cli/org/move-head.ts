import { LastgoodError } from '#core/errors.ts';
import type { Command as HeadCommand } from '#core/version-set/command.ts';
import type { Head } from '#core/version-set/head.ts';
import { describeHead } from './describe-head.ts';
import type { OrgAccess } from './org-access.ts';
import { versionNames } from './version-names.ts';
import type { SetContext } from './with-set.ts';

/** `moved` is false for a repeat. */
export interface Move {
  readonly moved: boolean;
  readonly head: Head;
}

/**
 * @param by who stands in the history
 * @throws LastgoodError `transition-refused` with the reason of the refusal
 */
export const moveHead = async (
  { access, service, set }: Pick<SetContext, 'service' | 'set'> & { readonly access: Pick<OrgAccess, 'heads'> },
  command: HeadCommand,
  by: string,
): Promise<Move> => {
  const result = await access.heads.apply(service, set, command, { by });
  if (result.kind === 'refused')
    throw new LastgoodError('transition-refused', result.reason, { details: { code: result.code } });
  return { moved: result.kind === 'moved', head: result.head };
};

export interface MoveAndPrintOptions {
  /** Who stands in the history. */
  readonly by: string;
  /** Epoch milliseconds, for the exposure lease. */
  readonly nowMs: number;
  readonly json: boolean;
}

/** Moves a head and says where new callers go now. @throws LastgoodError as `moveHead` */
export const moveAndPrint = async (
  context: SetContext,
  command: HeadCommand,
  { by, nowMs, json }: MoveAndPrintOptions,
): Promise<void> => {
  const move = await moveHead(context, command, by);
  process.stdout.write(`${json ? JSON.stringify(move) : await moveText(context, move, nowMs)}\n`);
};

const moveText = async ({ access, service, set }: SetContext, { moved, head }: Move, nowMs: number) => {
  const done = moved ? `revision ${head.revision}` : `nothing to do, revision ${head.revision}`;
  return `${service}/${set}: ${done}\n${describeHead(head, await versionNames(access, service), nowMs)}`;
};
