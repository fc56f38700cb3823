import { Command } from 'commander';
import { type Clock, systemClock } from '#core/clock.ts';
import type { Org } from '#core/org/org.ts';
import { serviceOf } from '#core/org/services.ts';
import { shortId } from '#core/words/digest.ts';
import { type Publication, publishRelease } from '#operations/release/publish-release.ts';
import { byOf, byOption, type ByOptions, thisMachine } from '../options/by.ts';
import { withOrg } from '../org/org-access.ts';
import { readOrg } from '../org/read-org.ts';
import { progressDisplay } from '../terminal/progress.ts';
import { buildWithProgress } from './build.ts';

interface PublishCommandOptions extends ByOptions {
  readonly org?: string;
  readonly orgs: string;
  readonly versionLabel?: string;
  readonly json: boolean;
}

interface PublishFolderOptions {
  readonly versionLabel: string | undefined;
  readonly by: string;
  readonly clock: Clock;
}

const publishFolder = async (org: Org, folder: string, options: PublishFolderOptions): Promise<Publication> => {
  const { versionLabel, by, clock } = options;
  const build = await buildWithProgress(folder, versionLabel);
  serviceOf(org, build.manifest.service);
  const bar = progressDisplay('publish', process.stderr);
  const onPart = (done: number, total: number): void => bar.progress(done, total, 'parts');
  try {
    return await withOrg(org, (access) => publishRelease(access, build, { by, clock, onPart }));
  } finally {
    bar.stop();
  }
};

const publicationText = (org: string, { release, service, version, isNew, parts, edge, publishedAt }: Publication) => {
  const was = isNew ? 'published' : `was published already, ${publishedAt}`;
  const where =
    edge.release === release
      ? `edge is on it, revision ${edge.revision}`
      : `edge stays on the newer ${shortId(edge.release)}`;
  return [
    `${service} ${version} ${was} in ${org}: release ${release}`,
    `${parts.stored} parts stored, ${parts.present} there already and whole; ${where}`,
    ...(isNew ? [`Next: lastgood promote ${service} ${version} --to release --org ${org}`] : []),
  ].join('\n');
};

/** `lastgood release publish <folder>` */
export const releasePublishCommand = (): Command =>
  new Command('publish')
    .description('build an agent folder, store its parts by digest, register the release and move the set edge to it')
    .argument('<folder>', 'folder with agent.yaml')
    .option('--org <name>', 'org; needed when there are several')
    .option('--orgs <folder>', 'folder of org files', 'orgs')
    .option('--version-label <label>', 'version to give it (default: the one in agent.yaml)')
    .addOption(byOption())
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nPublishing the same release again changes nothing. A version label that belongs to another release is refused.\n' +
        '\nExamples:\n  lastgood release publish examples/clinic --org acme-cardio-useast\n' +
        '  lastgood release publish . --org acme-cardio-useast --version-label "$CI_TAG" --by "ci:$CI_JOB"',
    )
    .action(async (folder: string, options: PublishCommandOptions) => {
      // The org first: a wrong name should not cost a build.
      const org = await readOrg(options.org, options.orgs);
      const publication = await publishFolder(org, folder, {
        versionLabel: options.versionLabel,
        by: byOf(options, thisMachine),
        clock: systemClock,
      });
      const text = options.json
        ? JSON.stringify({ org: org.name, ...publication })
        : publicationText(org.name, publication);
      process.stdout.write(`${text}\n`);
    });
