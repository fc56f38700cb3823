import * as fc from 'fast-check';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { buildIndex, indexBuilder, openIndex } from '#core/release/knowledge-index.ts';

const documents = [
  {
    path: 'knowledge/hours.md',
    text: '# Clinic\n\n## Opening hours\n\nWe open at nine and close at five.\n\nClosed on Sunday.\n',
  },
  { path: 'knowledge/parking.md', text: '# Parking\nThe garage is behind the clinic.\n' },
];

describe('the knowledge index', () => {
  test('finds the passage with its headings and file', () => {
    const found = openIndex(buildIndex(documents)).search('when do you open');
    expect(found[0]).toMatchObject({
      path: 'knowledge/hours.md',
      headings: ['Clinic', 'Opening hours'],
      text: 'We open at nine and close at five.\n\nClosed on Sunday.',
    });
  });

  test('has the same bytes in any order of documents', () => {
    expect(buildIndex(documents.toReversed())).toBe(buildIndex(documents));
  });

  test('of no documents finds nothing', () => {
    expect(openIndex(buildIndex([])).search('hours')).toEqual([]);
  });

  test('names the builder that is installed', () => {
    const { version } = createRequire(import.meta.url)('../../../node_modules/minisearch/package.json') as {
      version: string;
    };
    expect(indexBuilder).toBe(`minisearch@${version}`);
  });

  test('loses no word of any text and keeps passages short', () => {
    const word = fc.stringMatching(/^[a-zé😀]{1,12}$/u);
    const paragraph = fc.array(word, { minLength: 1, maxLength: 400 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(fc.array(paragraph, { maxLength: 4 }), (paragraphs) => {
        const { passages } = openIndex(buildIndex([{ path: 'knowledge/a.md', text: paragraphs.join('\n\n') }]));
        const words = (text: string) => text.split(/\s+/).filter(Boolean);
        expect(passages.flatMap((passage) => words(passage.text))).toEqual(words(paragraphs.join(' ')));
        expect(passages.every((passage) => passage.text.length <= 1_000)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('divides a text without spaces between characters', () => {
    const { passages } = openIndex(buildIndex([{ path: 'knowledge/a.md', text: '😀'.repeat(1_001) }]));
    expect(passages.map((passage) => passage.text).join('')).toBe('😀'.repeat(1_001));
  });
});
