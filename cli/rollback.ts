import { Command } from 'commander';
import { systemClock } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { Head } from '#core/version-set/head.ts';
import { byOf, byOption, type ByOptions, thisMachine } from './options/by.ts';
import { reasonOf } from './options/reason.ts';
import { moveAndPrint } from './org/move-head.ts';
import { type SetContext, type SetOptions, setOptions, withSet } from './org/with-set.ts';

interface RollbackOptions extends SetOptions, ByOptions {
  readonly from?: string;
  readonly reason: string;
}

/** `lastgood rollback <service>` (S9): one write to one table, and nothing else is needed (invariant 7). */
export const rollbackCommand = (): Command =>
  setOptions(new Command('rollback'))
    .description('send new callers back: from the candidate to stable, or from stable to last-good')
    .option(
      '--from <release>',
      'release that callers must leave: candidate, stable, a version or an id (default: the candidate, or stable without one)',
    )
    .option('--reason <text>', 'why, for the history', reasonOf, 'rolled back by hand')
    .addOption(byOption())
    .addHelpText(
      'after',
      '\nCalls that run stay where they are. The same command again changes nothing when --from names a release.\n' +
        '\nExamples:\n' +
        '  lastgood rollback appointments --org acme-cardio-useast\n' +
        '  lastgood rollback appointments --org acme-cardio-useast --from 1.4 --reason "double bookings"',
    )
    .action((service: string, options: RollbackOptions) =>
      withSet(service, options, async (context) => {
        const from = await releaseToLeave(context, options.from);
        await moveAndPrint(
          context,
          { kind: 'roll-back', from, reason: options.reason },
          { by: byOf(options, thisMachine), nowMs: systemClock.now(), json: options.json },
        );
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
