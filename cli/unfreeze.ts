import { Command } from 'commander';
import { systemClock } from '#core/clock.ts';
import { byOf, byOption, type ByOptions, thisMachine } from './options/by.ts';
import { reasonOf } from './options/reason.ts';
import { moveAndPrint } from './org/move-head.ts';
import { setOptions, type SetOptions, withSet } from './org/with-set.ts';

interface UnfreezeOptions extends SetOptions, ByOptions {
  readonly reason: string;
}

/** `lastgood unfreeze <service>`: ends a freeze. */
export const unfreezeCommand = (): Command =>
  setOptions(new Command('unfreeze'))
    .description('let promotions advance again')
    .requiredOption('--reason <text>', 'why, for the history', reasonOf)
    .addOption(byOption())
    .addHelpText(
      'after',
      '\nExample:\n  lastgood unfreeze appointments --org acme-cardio-useast --reason "holiday is over"',
    )
    .action((service: string, options: UnfreezeOptions) =>
      withSet(service, options, (context) =>
        moveAndPrint(
          context,
          { kind: 'unfreeze', reason: options.reason },
          { by: byOf(options, thisMachine), nowMs: systemClock.now(), json: options.json },
        ),
      ),
    );
