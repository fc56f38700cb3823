import { Command } from 'commander';
import { findReleaseToLeave } from '#operations/version-set/find-release-to-leave.ts';
import { type SetOptions, moveAndPrint, setOptions, withSet } from './org/head-command.ts';

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
        const { access, service: name, set } = context;
        const from = await findReleaseToLeave(access, { service: name, set, name: options.from });
        await moveAndPrint(context, { kind: 'roll-back', from, reason: options.reason }, options.json);
      }),
    );
