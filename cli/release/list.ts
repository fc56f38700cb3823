import { Command } from 'commander';
import { shortId } from '#core/words/digest.ts';
import { wholeNumber } from '../options/number.ts';
import { releaseOptions, type ReleaseOptions, withService } from '../org/with-service.ts';
import { plainTable } from '../terminal/table.ts';

/** The sets that point to a release, with their role: `release (stable)`. */
const placesOf = (
  releaseId: string,
  heads: readonly {
    readonly set: string;
    readonly stable: string;
    readonly lastGood: string;
    readonly candidate?: { readonly release: string } | undefined;
  }[],
): readonly string[] =>
  heads.flatMap(({ set, stable, lastGood, candidate }) => [
    ...(stable === releaseId ? [`${set} (stable)`] : []),
    ...(candidate?.release === releaseId ? [`${set} (candidate)`] : []),
    ...(lastGood === releaseId && stable !== releaseId ? [`${set} (last-good)`] : []),
  ]);

/** `lastgood release list` */
export const releaseListCommand = (): Command =>
  releaseOptions(new Command('list'))
    .description('list the releases of a service, newest first, and the sets that point to them')
    .option('--limit <n>', 'releases to list, at most 1000', wholeNumber(1, 1_000), 50)
    .addHelpText('after', '\nExample:\n  lastgood release list --org acme-cardio-useast --service appointments')
    .action(async (options: ReleaseOptions & { readonly limit: number }) => {
      await withService(options, async ({ access, service }) => {
        const [releases, heads] = await Promise.all([
          access.releases.list(service, options.limit),
          access.heads.list(service),
        ]);
        const rows = releases.map((release) => ({ ...release, sets: placesOf(release.releaseId, heads) }));
        if (options.json) {
          process.stdout.write(`${JSON.stringify(rows)}\n`);
          return;
        }
        const table = plainTable(['version', 'release', 'published at', 'by', 'sets']);
        for (const row of rows)
          table.push([row.version, shortId(row.releaseId), row.publishedAt, row.publishedBy, row.sets.join('\n')]);

        process.stdout.write(rows.length === 0 ? `${service} has no release yet\n` : `${table.toString()}\n`);
      });
    });
