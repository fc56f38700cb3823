import { userInfo } from 'node:os';
import { Command } from 'commander';
import { systemClock } from '#core/clock.ts';
import { serviceOf } from '#core/org/services.ts';
import { shortId } from '#core/words/digest.ts';
import { type Publication, publishRelease } from '#operations/release/publish-release.ts';
import { accessOrg, readOrg } from '../org/org-access.ts';
import { progressDisplay } from '../terminal/progress.ts';
import { buildWithProgress } from './build.ts';

interface PublishCommandOptions {
  readonly org?: string;
  readonly orgs: string;
  readonly versionLabel?: string;
  readonly by: string;
  readonly json: boolean;
}

/** Who publishes when nobody is named: the user of this machine. */
export const currentUser = (): string => {
  try {
    return `cli:${userInfo().username}`;
  } catch {
    // A container may run under a number without a name.
    return 'cli';
  }
};

const publish = async (folder: string, options: PublishCommandOptions): Promise<Publication> => {
  // The org first: a wrong name should not cost a build.
  const org = await readOrg(options.org, options.orgs);
  const build = await buildWithProgress(folder, options.versionLabel);
  serviceOf(org, build.manifest.service);
  const access = accessOrg(org);
  const bar = progressDisplay('publish', process.stderr);
  try {
    return await publishRelease(access, build, {
      by: options.by,
      clock: systemClock,
      onPart: (done, total) => bar.progress(done, total, 'parts'),
    });
  } finally {
    bar.stop();
    access.connection.close();
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
export const releasePublish = (): Command =>
  new Command('publish')
    .description('build an agent folder, store its parts by digest, register the release and move the set edge to it')
    .argument('<folder>', 'folder with agent.yaml')
    .option('--org <name>', 'org; needed when there are several')
    .option('--orgs <folder>', 'folder of org files', 'orgs')
    .option('--version-label <label>', 'version to give it (default: the one in agent.yaml)')
    .option('--by <who>', 'person or job for the history', currentUser())
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nPublishing the same release again changes nothing. A version label that belongs to another release is refused.\n' +
        '\nExamples:\n  lastgood release publish examples/clinic --org acme-cardio-useast\n' +
        '  lastgood release publish . --org acme-cardio-useast --version-label "$CI_TAG" --by "ci:$CI_JOB"',
    )
    .action(async (folder: string, options: PublishCommandOptions) => {
      const { name } = await readOrg(options.org, options.orgs);
      const publication = await publish(folder, options);
      process.stdout.write(
        `${options.json ? JSON.stringify({ org: name, ...publication }) : publicationText(name, publication)}\n`,
      );
    });
