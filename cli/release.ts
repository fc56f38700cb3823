import { Command } from 'commander';
import { releaseBuild } from './release/build.ts';
import { releaseDiff } from './release/diff.ts';
import { releaseList } from './release/list.ts';
import { releasePublish } from './release/publish.ts';
import { releaseShow } from './release/show.ts';

/** `lastgood release …` */
export const release = (): Command =>
  new Command('release')
    .description('build, publish and compare releases')
    .addCommand(releaseBuild())
    .addCommand(releasePublish())
    .addCommand(releaseList())
    .addCommand(releaseShow())
    .addCommand(releaseDiff());
