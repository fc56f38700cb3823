import { Command } from 'commander';
import { callCommand } from './call/command.ts';
import { canaryAnalyze } from './canary-analyze.ts';
import { drillCommand } from './drill/command.ts';
import { release } from './release.ts';

/** Every command of `lastgood`. */
export const lastgood = (): Command =>
  new Command('lastgood')
    .description('release voice agents on AWS without surprises')
    .addHelpText(
      'after',
      '\nCommands reach AWS as the AWS SDK does: its credentials, profile and AWS_ENDPOINT_URL apply.\n' +
        '`lastgood <command> --help` shows examples.',
    )
    .addCommand(release())
    .addCommand(callCommand())
    .addCommand(drillCommand())
    .addCommand(new Command('canary').description('decide and explain canaries from data').addCommand(canaryAnalyze()));
