import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Target, clientSettings, uniqueName } from './target.ts';

/** What the artifact store relies on of S3. */
export const objectsContract = (target: Target): void => {
  describe('S3', () => {
    const bucket = uniqueName('wire');
    let s3: S3Client;
    const put = (Key: string, Body: string, more: object = {}) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...more }));

    beforeAll(async () => {
      s3 = new S3Client({ ...clientSettings(target), forcePathStyle: true });
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    });

    test('stores an object with its type and metadata', async () => {
      const { ETag } = await put('sha256/abc', 'hello', { ContentType: 'text/plain', Metadata: { part: 'prompts' } });
      const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'sha256/abc' }));
      expect(await object.Body?.transformToString()).toBe('hello');
      expect(object).toMatchObject({
        ETag,
        ContentLength: 5,
        ContentType: 'text/plain',
        Metadata: { part: 'prompts' },
      });
      expect(await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'sha256/abc' }))).toMatchObject({
        ETag,
        ContentLength: 5,
      });
    });

    test('writes an object once under If-None-Match', async () => {
      await put('once', 'first', { IfNoneMatch: '*' });
      await expect(put('once', 'second', { IfNoneMatch: '*' })).rejects.toMatchObject({
        name: 'PreconditionFailed',
        $metadata: { httpStatusCode: 412 },
      });
      expect(
        await (await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'once' }))).Body?.transformToString(),
      ).toBe('first');
    });

    test('takes a stream of a megabyte, whose checksum comes after it', async () => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const body = Readable.from(Array.from({ length: 16 }, () => chunk));
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'stream', Body: body, ContentLength: 1024 * 1024 }));
      const bytes = await (
        await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'stream' }))
      ).Body?.transformToByteArray();
      expect(
        createHash('sha256')
          .update(bytes ?? '')
          .digest('hex'),
      ).toBe(
        createHash('sha256')
          .update(Buffer.alloc(1024 * 1024, 'x'))
          .digest('hex'),
      );
    });

    test('reads a range', async () => {
      await put('range', '0123456789');
      const part = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'range', Range: 'bytes=2-4' }));
      expect(await part.Body?.transformToString()).toBe('234');
      expect(part.ContentRange).toBe('bytes 2-4/10');
    });

    test('keeps the headers of an object and answers conditions on it', async () => {
      const kept = { CacheControl: 'max-age=60', ContentEncoding: 'br', ContentLanguage: 'de' };
      const { ETag } = await put('headers', 'x', kept);
      const get = (condition: object = {}) =>
        s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'headers', ...condition }));
      expect(await get({ IfMatch: ETag, IfUnmodifiedSince: new Date(Date.now() + 60_000) })).toMatchObject(kept);
      const status = async (condition: object): Promise<unknown> =>
        get(condition).catch((error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode);
      expect(await status({ IfMatch: '"other"' })).toBe(412);
      expect(await status({ IfUnmodifiedSince: new Date(0) })).toBe(412);
      expect(await status({ IfNoneMatch: ETag })).toBe(304);
      expect(await status({ IfModifiedSince: new Date(Date.now() + 1_000) })).toBe(304);
    });

    test('lists keys with odd characters encoded when asked to', async () => {
      await put('encoded/a b', 'x');
      const listed = await s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: 'encoded/', EncodingType: 'url' }),
      );
      expect(listed.Contents?.map(({ Key }) => Key)).toEqual(['encoded/a%20b']);
    });

    test('lists by prefix in pages, with common prefixes', async () => {
      for (const name of ['list/a/1', 'list/a/2', 'list/b', 'list/c']) await put(name, 'x');
      const all = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'list/', MaxKeys: 3 }));
      expect(all.Contents?.map(({ Key }) => Key)).toEqual(['list/a/1', 'list/a/2', 'list/b']);
      const rest = await s3.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: 'list/',
          MaxKeys: 3,
          ContinuationToken: all.NextContinuationToken,
        }),
      );
      expect(rest.Contents?.map(({ Key }) => Key)).toEqual(['list/c']);
      expect(rest.IsTruncated).toBe(false);
      const folders = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'list/', Delimiter: '/' }));
      expect(folders.CommonPrefixes).toEqual([{ Prefix: 'list/a/' }]);
      expect(folders.Contents?.map(({ Key }) => Key)).toEqual(['list/b', 'list/c']);
    });

    test('keeps keys with any characters apart', async () => {
      const name = 'odd/ä b+c%2F&"\'?#.txt';
      await put(name, 'odd');
      expect(await (await s3.send(new GetObjectCommand({ Bucket: bucket, Key: name }))).Body?.transformToString()).toBe(
        'odd',
      );
    });

    test('deletes one and many', async () => {
      for (const name of ['d1', 'd2', 'd3']) await put(name, 'x');
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'd1' }));
      await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: [{ Key: 'd2' }, { Key: 'd3' }] } }));
      expect((await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'd' }))).KeyCount).toBe(0);
    });

    test('names an object that is not there', async () => {
      await expect(s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'none' }))).rejects.toBeInstanceOf(NoSuchKey);
      await expect(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'none' }))).rejects.toBeInstanceOf(NotFound);
    });

    test('refuses a body that does not match its checksum', async () => {
      await expect(
        put('bad', 'hello', { ChecksumSHA256: createHash('sha256').update('other').digest('base64') }),
      ).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
      await expect(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'bad' }))).rejects.toBeInstanceOf(NotFound);
    });
  });
};
