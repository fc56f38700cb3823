import { Command } from 'commander';
import { releaseBuildCommand } from './release/build.ts';
import { releaseDiffCommand } from './release/diff.ts';
import { releaseListCommand } from './release/list.ts';
import { releasePublishCommand } from './release/publish.ts';
import { releaseShowCommand } from './release/show.ts';

/** `lastgood release …` */
export const releaseCommand = (): Command =>
  new Command('release')
    .description('build, publish and compare releases')
    .addHelpText(
      'after',
      '\nExamples:\n  lastgood release build examples/clinic\n' +
        '  lastgood release publish examples/clinic --org acme-cardio-useast',
    )
    .addCommand(releaseBuildCommand())
    .addCommand(releasePublishCommand())
    .addCommand(releaseListCommand())
    .addCommand(releaseShowCommand())
    .addCommand(releaseDiffCommand());
