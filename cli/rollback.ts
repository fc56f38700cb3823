import { Command } from 'commander';
import { systemClock } from '#core/clock.ts';
import { findReleaseToLeave } from '#operations/version-set/find-release-to-leave.ts';
import { byOf, byOption, type ByOptions, thisMachine } from './options/by.ts';
import { reasonOf } from './options/reason.ts';
import { moveAndPrint } from './org/move-head.ts';
import { type SetOptions, setOptions, withSet } from './org/with-set.ts';

interface RollbackOptions extends SetOptions, ByOptions {
  readonly from?: string;
  readonly reason: string;
  readonly quarantine: boolean;
}

/** `lastgood rollback <service>` (S9): one write to one table, and nothing else is needed (invariant 7). */
export const rollbackCommand = (): Command =>
  setOptions(new Command('rollback'))
    .description('send new callers back: from the candidate to stable, or from stable to last-good')
    .option(
      '--from <release>',
      'release that callers must leave: candidate, stable, a version or an id (default: what the latest promotion brought)',
    )
    .option('--reason <text>', 'why, for the history', reasonOf, 'rolled back by hand')
    .option(
      '--quarantine',
      'bar the release that callers leave, by its digest (default: nothing is said against it)',
      false,
    )
    .addOption(byOption())
    .addHelpText(
      'after',
      '\nCalls that run stay where they are. The same command again changes nothing.\n' +
        '\nExamples:\n' +
        '  lastgood rollback appointments --org acme-cardio-useast\n' +
        '  lastgood rollback appointments --org acme-cardio-useast --from 1.4 --reason "double bookings" --quarantine',
    )
    .action((service: string, options: RollbackOptions) =>
      withSet(service, options, async (context) => {
        const { access, service: name, set } = context;
        const from = await findReleaseToLeave(access, { service: name, set, name: options.from });
        await moveAndPrint(
          context,
          {
            kind: 'roll-back',
            ...(from !== undefined && { from }),
            reason: options.reason,
            ...(options.quarantine && { quarantine: true as const }),
          },
          { by: byOf(options, thisMachine), nowMs: systemClock.now(), json: options.json },
        );
      }),
    );
