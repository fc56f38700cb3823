import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { filesOfSection, importClosure, walks } from '../walks.ts';

const page = readFileSync('docs/architecture.md', 'utf8');

/** A reader opens no more files than this to follow a walk. */
const maxFiles = 45;

describe.each(walks)('the walk "$heading"', ({ heading, entries }) => {
  const files = filesOfSection(page, heading);

  test('names each file once: there is no way back', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file, index) => files.indexOf(file) !== index)).toEqual([]);
    expect(files.length).toBeLessThanOrEqual(maxFiles);
  });

  test('names only files that its code really comes to', () => {
    const reached = importClosure('.', entries);
    expect(files.filter((file) => !reached.has(file))).toEqual([]);
    expect(entries.filter((entry) => !reached.has(entry))).toEqual([]);
  });
});
