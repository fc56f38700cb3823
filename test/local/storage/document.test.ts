import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isLastgoodError } from '#core/errors.ts';
import { asDiskError, openDocument, writeWhole } from '#local/storage/document.ts';
import { temporaryFolder } from '../test-context.ts';

const Numbers = z.record(z.string(), z.number());

describe('a document', () => {
  test('is there again after it was saved', async () => {
    const path = join(temporaryFolder(), 'a', 'numbers.json');
    const first = openDocument(path, Numbers, {});
    first.value['a'] = 1;
    await first.save();
    expect(openDocument(path, Numbers, {}).value).toEqual({ a: 1 });
  });

  test('that is saved many times at once ends with the last value, whole', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'numbers.json');
    const document = openDocument(path, Numbers, {});
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        document.value[`n${index}`] = index;
        return document.save();
      }),
    );
    expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')) as object)).toHaveLength(50);
    expect(readdirSync(folder)).toEqual(['numbers.json']);
  });

  test('without a path lives in memory only', async () => {
    const document = openDocument(undefined, Numbers, { a: 1 });
    await document.save();
    expect(document.value).toEqual({ a: 1 });
  });

  test.each(['{"a":', '{"a":"text"}'])('that is damaged (%s) is named', (text) => {
    const path = join(temporaryFolder(), 'numbers.json');
    writeFileSync(path, text);
    expect(() => openDocument(path, Numbers, {})).toThrow(/numbers\.json/);
  });
});

describe('a full disk', () => {
  test.each(['ENOSPC', 'EDQUOT'])('is told as such (%s)', (code) => {
    const error = asDiskError(Object.assign(new Error('no'), { code }), '/data/x');
    expect(isLastgoodError(error, 'disk-full')).toBe(true);
    expect(String(error)).toMatch(/free some space/);
  });

  test('leaves other errors as they are', async () => {
    await expect(writeWhole(join(temporaryFolder(), 'none', 'x'), 'text')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
