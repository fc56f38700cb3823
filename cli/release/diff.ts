import { stat } from 'node:fs/promises';
import { styleText } from 'node:util';
import { Command } from 'commander';
import { LastgoodError } from '#core/errors.ts';
import { type ReleaseContent, loadRelease } from '#core/release/content.ts';
import { diffReleases } from '#core/release/diff.ts';
import type { Digest } from '#core/words/digest.ts';
import { renderDiff } from '#core/release/render-diff.ts';
import { buildRelease } from '../agent/build-release.ts';
import { releaseOptions, type ReleaseOptions, withService } from '../org/with-service.ts';

interface DiffOptions extends ReleaseOptions {
  readonly all: boolean;
}

const isFolder = async (name: string): Promise<boolean> =>
  stat(name).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** Builds a folder and reads its parts back, so that both sides of a diff come the same way. */
export const contentOfFolder = async (folder: string): Promise<ReleaseContent> => {
  const build = await buildRelease(folder);
  const parts = new Map<Digest, Uint8Array>(build.parts.map(({ digest, bytes }) => [digest, bytes]));
  return loadRelease(build.manifest, async (digest) => {
    const bytes = parts.get(digest);
    if (!bytes) throw new LastgoodError('internal', `the build has no part ${digest}`);
    return bytes;
  });
};

/** The two sides: folders are built here, everything else is a release of the org. */
const contentsOf = async (names: readonly [string, string], options: DiffOptions) => {
  const folders = await Promise.all(names.map(isFolder));
  const load = async (read: (name: string) => Promise<ReleaseContent>) =>
    Promise.all(names.map((name, index) => (folders[index] ? contentOfFolder(name) : read(name))));
  if (folders.every(Boolean)) return load(contentOfFolder);
  return withService(options, async ({ access, service }) =>
    load(async (name) => {
      const { manifest } = await access.releases.resolve(service, name);
      return loadRelease(manifest, access.artifacts.get);
    }),
  );
};

const coloured = (line: string): string => {
  const mark = line.trimStart()[0];
  if (mark === '+') return styleText('green', line);
  return mark === '-' ? styleText('red', line) : line;
};

/** `lastgood release diff <from> <to>` (R8) */
export const releaseDiffCommand = (): Command =>
  releaseOptions(new Command('diff'))
    .description(
      'show exactly what differs between two releases: files down to lines, permissions, model fields, flow nodes',
    )
    .argument('<from>', 'version label, id, or an agent folder')
    .argument('<to>', 'version label, id, or an agent folder')
    .option('--all', 'show every line, however many there are', false)
    .addHelpText(
      'after',
      '\nExamples:\n  lastgood release diff 1.0 1.1 --org acme-cardio-useast\n  lastgood release diff 1.0 ./my-agent --org acme-cardio-useast',
    )
    .action(async (from: string, to: string, options: DiffOptions) => {
      const [before, after] = await contentsOf([from, to], options);
      if (!before || !after) throw new LastgoodError('internal', 'a diff needs two releases');
      const limits = options.all ? { maxChanges: 1_000_000, maxLines: 1_000_000 } : {};
      const diff = diffReleases(before, after, limits);
      const text = renderDiff(diff);
      const shown = process.stdout.isTTY ? text.split('\n').map(coloured).join('\n') : text;
      process.stdout.write(`${options.json ? JSON.stringify(diff) : shown}\n`);
    });
