import { Command } from 'commander';
import { callCommand } from './call.ts';
import { canaryCommand } from './canary.ts';
import { drillCommand } from './drill.ts';
import { freezeCommand } from './freeze.ts';
import { historyCommand } from './history.ts';
import { metricsCommand } from './metrics.ts';
import { promoteCommand } from './promote.ts';
import { quarantineCommand } from './quarantine.ts';
import { releaseCommand } from './release.ts';
import { rollbackCommand } from './rollback.ts';
import { statusCommand } from './status.ts';
import { tourCommand } from './tour.ts';
import { unfreezeCommand } from './unfreeze.ts';
import { upCommand } from './up.ts';
import { whyCommand } from './why.ts';

/** Every command of `lastgood`. */
export const lastgood = (): Command =>
  new Command('lastgood')
    .description('release voice agents on AWS without surprises')
    .addHelpText(
      'after',
      '\nCommands reach AWS as the AWS SDK does: its credentials, profile and AWS_ENDPOINT_URL apply.\n' +
        '`lastgood <command> --help` shows its examples.\n' +
        '\nExamples:\n  lastgood up\n  lastgood status',
    )
    .addCommand(tourCommand())
    .addCommand(upCommand())
    .addCommand(releaseCommand())
    .addCommand(statusCommand())
    .addCommand(promoteCommand())
    .addCommand(whyCommand())
    .addCommand(historyCommand())
    .addCommand(metricsCommand())
    .addCommand(rollbackCommand())
    .addCommand(freezeCommand())
    .addCommand(unfreezeCommand())
    .addCommand(quarantineCommand())
    .addCommand(callCommand())
    .addCommand(drillCommand())
    .addCommand(canaryCommand());
