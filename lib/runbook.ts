import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LastgoodError } from '#core/errors.ts';
import { projectRoot } from './project-root.ts';

/** A heading as its link: `Candidate worse` → `candidate-worse`. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .trim()
    .replace(/ /g, '-');

const readSections = (): ReadonlySet<string> => {
  const text = readFileSync(join(projectRoot, 'docs', 'runbook.md'), 'utf8');
  return new Set([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? '')));
};

let sections: ReadonlySet<string> | undefined;

/**
 * The link to a section of the runbook, for the description of an alarm.
 * @throws LastgoodError `unknown-name` when the runbook has no such section, so a mistyped one fails synth
 */
export const runbookLink = (section: string): string => {
  sections ??= readSections();
  if (!sections.has(section)) {
    throw new LastgoodError(
      'unknown-name',
      `docs/runbook.md has no section "${section}". Sections: ${[...sections].join(', ')}. Write it or correct the name.`,
    );
  }
  return `docs/runbook.md#${section}`;
};
