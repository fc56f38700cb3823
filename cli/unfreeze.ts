import { Command } from 'commander';
import { type SetOptions, moveAndPrint, setOptions, withSet } from './org/with-set.ts';

/** `lastgood unfreeze <service>` */
export const unfreezeCommand = (): Command =>
  setOptions(new Command('unfreeze'))
    .description('let promotions advance again')
    .requiredOption('--reason <text>', 'why, for the history')
    .addHelpText(
      'after',
      '\nExample:\n  lastgood unfreeze appointments --org acme-cardio-useast --reason "holiday is over"',
    )
    .action((service: string, options: SetOptions & { readonly reason: string }) =>
      withSet(service, options, (context) =>
        moveAndPrint(context, { kind: 'unfreeze', reason: options.reason }, options.json),
      ),
    );
