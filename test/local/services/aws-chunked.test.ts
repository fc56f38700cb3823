import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AwsChunkedDecoder } from '#local/services/s3/aws-chunked.ts';

const decode = async (pieces: readonly Buffer[]): Promise<{ body: Buffer; trailers: ReadonlyMap<string, string> }> => {
  const decoder = new AwsChunkedDecoder();
  const [body] = await Promise.all([buffer(decoder), pipeline(Readable.from(pieces), decoder)]);
  return { body, trailers: decoder.trailers };
};

const encode = (chunks: readonly Buffer[], trailer = ''): Buffer =>
  Buffer.concat([
    ...chunks.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]),
    Buffer.from(`0\r\n${trailer}\r\n`),
  ]);

describe('the aws-chunked encoding', () => {
  test('is undone whatever the chunks and wherever the network cuts them', async () => {
    const chunks = fc.array(
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(chunks, fc.array(fc.nat(200), { maxLength: 8 }), async (parts, cuts) => {
        const encoded = encode(parts, 'x-amz-checksum-crc32:AAAAAA==\r\n');
        const positions = [0, ...[...cuts].map((cut) => cut % encoded.length).sort((a, b) => a - b), encoded.length];
        const pieces = positions.slice(1).map((end, index) => encoded.subarray(positions[index], end));
        const { body, trailers } = await decode(pieces.filter((piece) => piece.length > 0));
        expect(body.equals(Buffer.concat(parts))).toBe(true);
        expect(trailers.get('x-amz-checksum-crc32')).toBe('AAAAAA==');
      }),
    );
  });

  test('accepts chunk signatures', async () => {
    const { body } = await decode([Buffer.from('2;chunk-signature=abc\r\nhi\r\n0;chunk-signature=def\r\n\r\n')]);
    expect(body.toString()).toBe('hi');
  });

  test.each(['5\r\nhell', 'zz\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n'])(
    'refuses the damaged body %j',
    async (text) => {
      await expect(decode([Buffer.from(text)])).rejects.toMatchObject({ name: 'AwsError' });
    },
  );
});
