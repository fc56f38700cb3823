import { Command } from 'commander';
import { systemClock, timestampOf } from '#core/clock.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { findRelease } from '#operations/release/find-release.ts';
import { type QuarantineResult, quarantineEverywhere } from '#operations/release/quarantine-everywhere.ts';
import { byOf, byOption, type ByOptions, thisMachine } from './options/by.ts';
import { reasonOf } from './options/reason.ts';
import { accessOrg } from './org/org-access.ts';
import { readOrgs } from './org/read-org.ts';

interface QuarantineOptions extends ByOptions {
  readonly service?: string;
  readonly org?: string;
  readonly orgs: string;
  readonly override: boolean;
  readonly reason: string;
  readonly json: boolean;
}

/** `lastgood quarantine <release>` (R9): by digest, in every org, also where the release is not published yet. */
export const quarantineCommand = (): Command =>
  new Command('quarantine')
    .description('bar a release by its digest from being promoted, in every org of the folder')
    .argument('<release>', 'version label, id, or the beginning of an id')
    .requiredOption('--reason <text>', 'why, for the record', reasonOf)
    .option('--override', 'lift the quarantine instead; recorded as evidence for good', false)
    .option('--service <name>', 'service of the release; needed for labels that several services have')
    .option('--org <name>', 'one org (default: all of the folder)')
    .option('--orgs <folder>', 'folder of org files', 'orgs')
    .addOption(byOption())
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  lastgood quarantine 1.4 --service appointments --reason "double bookings"\n' +
        '  lastgood quarantine 1.4 --service appointments --org acme-cardio-useast --override --reason "false alarm, see 4711"',
    )
    .action(async (name: string, options: QuarantineOptions) => {
      const accesses = (await readOrgs(options.org, options.orgs)).map(accessOrg);
      try {
        const release = await findRelease(accesses, name, options.service);
        const { reason, override } = options;
        const by = byOf(options, thisMachine);
        const request = { release, reason, override, at: timestampOf(systemClock.now()), by };
        const results = await quarantineEverywhere(accesses, request);
        if (results.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1;
        process.stdout.write(`${options.json ? JSON.stringify({ release, results }) : textOf(release, results)}\n`);
      } finally {
        for (const access of accesses) access.connection.close();
      }
    });

const textOf = (release: ReleaseId, results: readonly QuarantineResult[]): string =>
  [
    `release ${release}`,
    ...results.map(({ org, outcome, problem, servedBy: sets }) => {
      const serving =
        sets.length === 0 || outcome === 'overridden'
          ? ''
          : `; callers still meet it on ${sets.join(', ')}: a quarantine moves no pointer, lastgood rollback does`;
      return `  ${org}: ${outcome}${problem === undefined ? '' : `: ${problem}`}${serving}`;
    }),
  ].join('\n');
