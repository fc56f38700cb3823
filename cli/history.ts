import { Command } from 'commander';
import type { HistoryEntry, Placement } from '#core/version-set/head.ts';
import { type SetOptions, setOptions, withSet } from './org/with-set.ts';
import { type NameRelease, versionNames } from './org/version-names.ts';
import { momentOf } from './options/moment.ts';
import { wholeNumber } from './options/number.ts';
import { plainTable } from './terminal/table.ts';

interface HistoryOptions extends SetOptions {
  readonly limit: number;
  readonly at?: string;
}

/** `lastgood history <service>` (S15): who moved which pointer from what to what, when, why, on what evidence. */
export const historyCommand = (): Command =>
  setOptions(new Command('history'))
    .description('show who moved the pointer, from what to what, when, why and on what evidence')
    .option('--limit <n>', 'entries to show, newest first', wholeNumber(1, 100_000), 20)
    .option('--at <time>', 'show only what ran at this time, for instance 2027-01-31T12:00Z')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  lastgood history appointments --org acme-cardio-useast --limit 50\n' +
        '  lastgood history appointments --org acme-cardio-useast --at 2027-01-31T12:00Z',
    )
    .action((service: string, options: HistoryOptions) =>
      withSet(service, options, async ({ access, service, set }) => {
        const entries =
          options.at === undefined
            ? await access.history.list(service, set, options.limit)
            : [await access.history.at(service, set, new Date(momentOf('--at', options.at)))].filter(
                (entry) => entry !== undefined,
              );
        if (options.json) process.stdout.write(`${JSON.stringify(entries)}\n`);
        else if (entries.length === 0) process.stdout.write(`${service}/${set} had no release then\n`);
        else process.stdout.write(`${historyTable(entries, await versionNames(access, service))}\n`);
      }),
    );

export const historyTable = (entries: readonly HistoryEntry[], nameOf: NameRelease): string => {
  const table = plainTable(['rev', 'at', 'what', 'from', 'to', 'by', 'why'], {
    colWidths: [null, null, null, null, null, null, 48],
    wordWrap: true,
  });
  for (const { revision, at, kind, drill, from, to, by, reason, evidence } of entries) {
    const why = evidence === undefined ? reason : `${reason}\n${evidenceText(evidence)}`;
    const what = drill ? `${kind} (drill)` : kind;
    table.push([revision, at, what, from ? placementText(from, nameOf) : '', placementText(to, nameOf), by, why]);
  }
  return table.toString();
};

/** Keys of decisions are too long for a column; `lastgood why` shows the decision. */
const evidenceText = (key: string): string => {
  const [, promotionId, number] = /^PROMOTION#([0-9a-f]+)\/DECISION#(\d+)$/.exec(key) ?? [];
  return promotionId === undefined ? key : `decision ${Number(number)} of ${promotionId.slice(0, 12)}`;
};

const placementText = ({ stable, candidate, holdback, weightPercent }: Placement, nameOf: NameRelease): string => {
  const second = candidate ?? holdback;
  if (second === undefined) return nameOf(stable);
  return `${nameOf(stable)}\n+ ${candidate ? '' : 'held back: '}${nameOf(second)} at ${weightPercent} %`;
};
