import { Command } from 'commander';
import ora from 'ora';
import { type FolderBuild, buildRelease } from '../agent/build-release.ts';
import { plainTable } from '../terminal/table.ts';

interface BuildCommandOptions {
  readonly versionLabel?: string;
  readonly json: boolean;
}

/** What a build says for machines. */
export const buildJson = ({ id, manifest, parts, evals, warnings }: FolderBuild): object => ({
  release: id,
  service: manifest.service,
  version: manifest.version,
  parts: parts.map(({ part, what, digest, bytes }) => ({ part, what, digest, bytes: bytes.length })),
  evals,
  warnings,
  manifest,
});

/** What a build says for people. */
export const buildText = ({ id, manifest, parts, evals, warnings }: FolderBuild): string => {
  const table = plainTable(['part', 'object', 'bytes', 'sha256']);
  for (const { part, what, digest, bytes } of parts) table.push([part, what, bytes.length, digest]);
  const { provider, id: model, snapshot } = manifest.model;
  table.push(['model', `${provider}/${model}@${snapshot}`, '-', 'in the manifest']);
  const cases = evals.reduce((sum, suite) => sum + suite.cases, 0);
  return [
    `${manifest.service} ${manifest.version}, tier ${manifest.tier}, channels ${manifest.channels.join(', ')}`,
    `release ${id}`,
    table.toString(),
    `evals: ${cases} cases in ${evals.length} suites, checked; they are evidence about the release, not part of it`,
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
};

/** Builds with a spinner on stderr, so that stdout holds the result alone. */
export const buildWithProgress = async (folder: string, versionLabel?: string): Promise<FolderBuild> => {
  const spinner = ora({ text: folder, stream: process.stderr }).start();
  try {
    return await buildRelease(folder, {
      ...(versionLabel !== undefined && { versionLabel }),
      onStep: (step) => (spinner.text = `${folder}: ${step}`),
    });
  } finally {
    spinner.stop();
  }
};

/** `lastgood release build <folder>` */
export const releaseBuildCommand = (): Command =>
  new Command('build')
    .description('build the release of an agent folder: check it, name every part by digest, print its id')
    .argument('<folder>', 'folder with agent.yaml')
    .option('--version-label <label>', 'version to give it (default: the one in agent.yaml)')
    .option('--json', 'print one JSON object, with the manifest', false)
    .addHelpText(
      'after',
      '\nThe id depends on the files alone: the same folder gives the same id on any machine, at any time.\n' +
        '\nExamples:\n  lastgood release build examples/clinic\n  lastgood release build . --version-label "$CI_TAG" --json',
    )
    .action(async (folder: string, { versionLabel, json }: BuildCommandOptions) => {
      const build = await buildWithProgress(folder, versionLabel);
      process.stdout.write(`${json ? JSON.stringify(buildJson(build)) : buildText(build)}\n`);
    });
