import { Command } from 'commander';
import { LastgoodError } from '#core/errors.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { Head } from '#core/version-set/head.ts';
import { type SetContext, type SetOptions, moveAndPrint, setOptions, withSet } from './org/with-set.ts';

interface RollBackOptions extends SetOptions {
  readonly from?: string;
  readonly reason: string;
}

/** `lastgood rollback <service>` (S9): one write to one table, and nothing else is needed (invariant 7). */
export const rollBackCommand = (): Command =>
  setOptions(new Command('rollback'))
    .description('send new callers back: from the candidate to stable, or from stable to last-good')
    .option(
      '--from <release>',
      'release that callers must leave: candidate, stable, a version or an id (default: the candidate, or stable without one)',
    )
    .option('--reason <text>', 'why, for the history', 'rolled back by hand')
    .addHelpText(
      'after',
      '\nCalls that run stay where they are. The same command again changes nothing when --from names a release.\n' +
        '\nExamples:\n' +
        '  lastgood rollback appointments --org acme-cardio-useast\n' +
        '  lastgood rollback appointments --org acme-cardio-useast --from 1.4 --reason "double bookings"',
    )
    .action((service: string, options: RollBackOptions) =>
      withSet(service, options, async (context) => {
        const from = await releaseToLeave(context, options.from);
        await moveAndPrint(context, { kind: 'roll-back', from, reason: options.reason }, options.json);
      }),
    );

/** The release is fixed before the write, so that a retry never goes back twice. */
const releaseToLeave = async ({ access, service, set }: SetContext, name: string | undefined): Promise<ReleaseId> => {
  if (name !== undefined && name !== 'candidate' && name !== 'stable')
    return (await access.releases.resolve(service, name)).releaseId;
  const head = await access.heads.read(service, set);
  if (head === undefined)
    throw new LastgoodError('not-found', `${service}/${set} has no release yet, so there is nothing to roll back`);
  return pick(head, name);
};

const pick = ({ service, set, stable, candidate }: Head, name: 'candidate' | 'stable' | undefined): ReleaseId => {
  if (name === 'stable') return stable;
  if (candidate) return candidate.release;
  if (name === undefined) return stable;
  throw new LastgoodError('not-found', `${service}/${set} has no candidate; use --from stable to leave stable`);
};
