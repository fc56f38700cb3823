import { Command } from 'commander';
import { type SetOptions, moveAndPrint, setOptions, withSet } from './org/with-set.ts';

/** `lastgood freeze <service>`: nothing may advance; abort and roll back still may. */
export const freezeCommand = (): Command =>
  setOptions(new Command('freeze'))
    .description('stop everything that would bring callers to another release; going back stays possible')
    .requiredOption('--reason <text>', 'why, for the history')
    .addHelpText(
      'after',
      '\nExample:\n  lastgood freeze appointments --org acme-cardio-useast --reason "holiday traffic"',
    )
    .action((service: string, options: SetOptions & { readonly reason: string }) =>
      withSet(service, options, (context) =>
        moveAndPrint(context, { kind: 'freeze', reason: options.reason }, options.json),
      ),
    );
