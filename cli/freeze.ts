import { Command } from 'commander';
import { systemClock } from '#core/clock.ts';
import { byOf, byOption, type ByOptions, thisMachine } from './options/by.ts';
import { reasonOf } from './options/reason.ts';
import { moveAndPrint } from './org/move-head.ts';
import { setOptions, type SetOptions, withSet } from './org/with-set.ts';

interface FreezeOptions extends SetOptions, ByOptions {
  readonly reason: string;
}

/** `lastgood freeze <service>`: nothing may advance; abort and roll back still may. */
export const freezeCommand = (): Command =>
  setOptions(new Command('freeze'))
    .description('stop everything that would bring callers to another release; going back stays possible')
    .requiredOption('--reason <text>', 'why, for the history', reasonOf)
    .addOption(byOption())
    .addHelpText(
      'after',
      '\nExample:\n  lastgood freeze appointments --org acme-cardio-useast --reason "holiday traffic"',
    )
    .action((service: string, options: FreezeOptions) =>
      withSet(service, options, (context) =>
        moveAndPrint(
          context,
          { kind: 'freeze', reason: options.reason },
          { by: byOf(options, thisMachine), nowMs: systemClock.now(), json: options.json },
        ),
      ),
    );
