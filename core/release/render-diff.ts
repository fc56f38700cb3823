import { assertNever } from '../errors.ts';
import type { Change, ReleaseDiff } from './diff.ts';
import type { FieldChange } from './diff-fields.ts';
import { shortId } from '../words/digest.ts';

const value = (input: unknown): string => {
  const text = JSON.stringify(input) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 197)}...` : text;
};

const fieldLine = ({ path, ...change }: FieldChange): string => {
  const name = path === '' ? 'value' : path;
  if (!('from' in change)) return `+ ${name}: ${value(change.to)}`;
  if (!('to' in change)) return `- ${name}: ${value(change.from)}`;
  return `~ ${name}: ${value(change.from)} -> ${value(change.to)}`;
};

const marks = { added: '+', removed: '-', changed: '~', granted: '+', revoked: '-' } as const;

/** One change as lines of text. */
export const renderChange = (change: Change): readonly string[] => {
  switch (change.kind) {
    case 'field':
      return [fieldLine(change)];
    case 'file':
      return [
        `${marks[change.status]} ${change.path} (+${change.addedLines} -${change.removedLines} lines)`,
        ...change.hunks.flatMap((hunk) => [
          `    @@ line ${hunk.fromLine} -> ${hunk.toLine}`,
          ...hunk.lines.map((line) => `    ${line}`),
        ]),
      ];
    case 'tool':
      return [`${marks[change.status]} tool ${change.tool} ${change.status}`];
    case 'permission':
      return [`${marks[change.status]} tool ${change.tool}: permission ${change.permission} ${change.status}`];
    case 'node':
      return change.status === 'changed'
        ? [`~ node ${change.node}`, ...change.fields.map((field) => `    ${fieldLine(field)}`)]
        : [`${marks[change.status]} node ${change.node} ${change.status}`];
    default:
      return assertNever(change, 'change');
  }
};

/** A diff as plain text for terminals, pages and alerts; the same facts in the same order as the value. */
export const renderDiff = (diff: ReleaseDiff): string => {
  const { from, to, sections, cut } = diff;
  const title = `${from.service} ${from.version} (${shortId(from.release)}) -> ${to.service} ${to.version} (${shortId(to.release)})`;
  if (sections.length === 0) return `${title}\nThe two releases are the same.`;
  const body = sections.flatMap(({ section, changes }) => [
    section,
    ...changes.flatMap(renderChange).map((line) => `  ${line}`),
  ]);
  const left =
    cut.changes + cut.lines === 0
      ? []
      : [
          `(left out: ${cut.changes} more changes and ${cut.lines} more lines; see lastgood release diff for all of them)`,
        ];
  return [title, ...body, ...left].join('\n');
};
