import * as fc from 'fast-check';
import { pack } from 'tar-stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { packBundle, unpackBundle } from '#core/release/bundle.ts';
import { digestOf } from '#core/words/digest.ts';
import { bytesOf } from './agent-builder.ts';

const files = fc.uniqueArray(
  fc.record({
    path: fc.stringMatching(/^[a-zäé0-9_]{1,40}(\/[a-z]{1,120}){0,2}\.ts$/),
    bytes: fc.uint8Array({ maxLength: 2_000 }),
  }),
  { selector: (file) => file.path, maxLength: 12 },
);

describe('a bundle', () => {
  test('has the same bytes whatever the order of its files, and gives the files back', async () => {
    await fc.assert(
      fc.asyncProperty(files, async (all) => {
        const bytes = await packBundle(all);
        expect(digestOf(await packBundle(all.toReversed()))).toBe(digestOf(bytes));
        const back = await unpackBundle(bytes);
        expect(new Map(back.map((file) => [file.path, file.bytes]))).toEqual(
          new Map(all.map((file) => [file.path, file.bytes])),
        );
      }),
      { numRuns: 50 },
    );
  });

  test('keeps its digest from version to version of this code', async () => {
    const bytes = await packBundle([{ path: 'index.mjs', bytes: bytesOf('export const tools = [];\n') }]);
    expect(bytes).toHaveLength(2_048);
    expect(digestOf(bytes)).toMatchInlineSnapshot(`"5e4018f4e6a80149c6cd622df8323fba5d431de3ea3c4b7c05149dacef9213aa"`);
  });

  test.each([
    ['a link', { name: 'a', type: 'symlink', linkname: '/etc/passwd' }, /a is a symlink/],
    ['a path that leaves it', { name: '../a' }, /\.\.\/a is not a path inside/],
    ['an absolute path', { name: '/a' }, /\/a is not a path inside/],
    ['a directory', { name: 'a', type: 'directory' }, /is a directory/],
  ] as const)('with %s is refused', async (_name, header, message) => {
    const archive = pack();
    const whole = buffer(archive);
    archive.entry({ ...header }, '');
    archive.finalize();
    await expect(unpackBundle(await whole)).rejects.toThrow(message);
  });

  test('with a file twice is refused', async () => {
    const archive = pack();
    const whole = buffer(archive);
    archive.entry({ name: 'a' }, 'x');
    archive.entry({ name: 'a' }, 'y');
    archive.finalize();
    await expect(unpackBundle(await whole)).rejects.toThrow(/a stands twice/);
  });
});
